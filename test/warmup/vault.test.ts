import { expect, test } from 'vitest'
import { events, incidents, messages, tasks } from '../../src/db/schema.ts'
import { settingsOf } from '../../src/domain/account.ts'
import { changeSettings } from '../../src/warmup/account-settings.ts'
import { finishConnecting, startConnecting } from '../../src/warmup/connect-account.ts'
import { giveConsent } from '../support/consent.ts'
import { openWorld, type World } from '../support/world.ts'

const CALENDAR = 'https://www.googleapis.com/auth/calendar.readonly'
const EMAIL = 'vera@example.com'

async function connectVault(world: World, extraScopes: string[]) {
  world.sandbox.control.createMailbox(EMAIL)
  const settings = { ...settingsOf(await world.connect('model@example.com')), kind: 'vault' as const }
  const { warmup } = world.runtime
  const url = await startConnecting(warmup, settings, new Date(), { wanted: null, extraScopes })
  const result = await finishConnecting(warmup, await giveConsent(url, EMAIL), new Date())
  if ('failure' in result) throw new Error(JSON.stringify(result.failure))
  return result.account
}

test('a vault account is asked for what other programs need and no more, and takes no part in warmup', async () => {
  await using world = await openWorld()
  const vera = await connectVault(world, [CALENDAR])
  const stored = await world.runtime.warmup.store.tokens.of(vera.id)
  expect(stored?.token.scope.split(' ').toSorted()).toEqual([
    CALENDAR,
    'https://www.googleapis.com/auth/userinfo.email',
    'openid',
  ])
  await world.connect('pia@example.org', { kind: 'pool' })
  await world.runUntil(new Date('2026-03-04T22:00:00Z'))
  const mails = await world.runtime.db.select().from(messages)
  expect(mails.length).toBeGreaterThan(0)
  for (const { senderId, recipientId } of mails) expect([senderId, recipientId]).not.toContain(vera.id)
})

test('a vault account that joins the warmup without Gmail’s permissions waits for its owner, and then takes part', async () => {
  await using world = await openWorld()
  const { warmup, db } = world.runtime
  const vera = await connectVault(world, [CALENDAR])
  await changeSettings(warmup, vera.id, { ...settingsOf(vera), kind: 'pool' })
  expect(await warmup.store.accounts.byId(vera.id)).toMatchObject({
    kind: 'pool',
    status: 'needs_reauth',
    failure: 'missing_scopes',
    lastError: expect.stringContaining('gmail.send'),
  })
  expect(await db.select().from(incidents)).toMatchObject([{ accountId: vera.id, closedAt: null }])

  const wanted = { email: vera.email, googleUserId: vera.googleUserId }
  const options = { wanted, extraScopes: vera.extraScopes }
  const url = await startConnecting(warmup, { ...settingsOf(vera), kind: 'pool' }, new Date(), options)
  await finishConnecting(warmup, await giveConsent(url, EMAIL), new Date())
  expect(await warmup.store.accounts.byId(vera.id)).toMatchObject({ status: 'active', failure: null })
  expect((await warmup.store.tokens.of(vera.id))?.token.scope).toContain(CALENDAR)
  expect(await db.select().from(incidents)).toMatchObject([{ closedAt: expect.any(Date) }])
})

test('an account that leaves the warmup for the vault has its planned mail withdrawn, in both directions', async () => {
  await using world = await openWorld()
  const { warmup, db } = world.runtime
  const anna = await world.connect('anna@example.com', { startVolume: 5 })
  const ben = await world.connect('ben@example.org', { kind: 'pool' })
  await world.settle()
  const planned = await db.select().from(messages)
  expect(planned.length).toBe(5)
  await changeSettings(warmup, ben.id, { ...settingsOf(ben), kind: 'vault' })
  for (const { state } of await db.select().from(messages)) expect(state).toBe('cancelled')
  expect((await db.select().from(tasks)).map(({ kind, accountId }) => [kind, accountId])).toEqual(
    expect.arrayContaining([
      ['check', anna.id],
      ['check', ben.id],
      ['plan', anna.id],
    ]),
  )
  expect((await db.select().from(tasks)).filter(({ kind }) => kind === 'send')).toEqual([])
  expect((await db.select().from(events)).at(-1)).toMatchObject({
    kind: 'settings_changed',
    data: { kind: 'pool → vault' },
  })
})
