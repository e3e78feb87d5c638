import { describe, expect, test } from 'vitest'
import { eq } from '../../src/db/drizzle.ts'
import { accounts, events, incidents, messages, tasks } from '../../src/db/schema.ts'
import { settingsOf } from '../../src/domain/account.ts'
import { clientIdOf } from '../../src/domain/incident.ts'
import { changeSettings } from '../../src/warmup/account-settings.ts'
import { followConnectLink, issueConnectLink } from '../../src/warmup/connect-link.ts'
import { removeAccount } from '../../src/warmup/disconnect-account.ts'
import { storeCredentials } from '../../src/warmup/store-credentials.ts'
import { handWorker } from '../support/worker.ts'
import { openWorld, type World } from '../support/world.ts'

const IDENTITY = ['openid', 'https://www.googleapis.com/auth/userinfo.email']
const CALENDAR = 'https://www.googleapis.com/auth/calendar.readonly'
const OTHER = { id: 'other-client', secret: 'other-secret' }
const HOUR = 3_600_000

/** An account whose grant another program has obtained with its own OAuth client. */
async function handIn(world: World, email: string, secret = OTHER.secret) {
  const { refreshToken } = world.sandbox.control.grant(email, {
    scopes: [...IDENTITY, CALENDAR],
    clientId: OTHER.id,
  })
  const credentials = { clientId: OTHER.id, clientSecret: secret, refreshToken }
  const result = await storeCredentials(world.runtime.warmup, email, credentials)
  if ('refused' in result) throw new Error(JSON.stringify(result.refused))
  return result.account
}

describe('an account whose grant was handed in', () => {
  test('is asked for the same permissions when its owner connects it again', async () => {
    await using world = await openWorld()
    const { warmup } = world.runtime
    world.sandbox.control.addClient(OTHER.id, OTHER.secret)
    const vera = await handIn(world, 'vera@example.com')
    expect(vera.extraScopes).toEqual([CALENDAR])
    const offer = { email: vera.email, settings: settingsOf(vera) }
    const { url } = await issueConnectLink(warmup, offer, { wallNow: new Date(), validForMinutes: 9 })
    const link = new URL(url).searchParams.get('link') ?? ''
    const consent = new URL((await followConnectLink(warmup, link, new Date())) ?? '')
    expect(consent.searchParams.get('scope')).toBe(`openid email ${CALENDAR}`)
  })

  test('is not locked out by another account’s outdated secret of the same OAuth client', async () => {
    await using world = await openWorld()
    const { warmup, db } = world.runtime
    world.sandbox.control.addClient(OTHER.id, OTHER.secret)
    const outdated = await handIn(world, 'anna@example.com')
    world.sandbox.control.setClientSecret(OTHER.id, 'renewed-secret')
    const renewed = await handIn(world, 'ben@example.com', 'renewed-secret')
    for (let minute = 0; minute < 180; minute += 1) {
      world.clock.pass(60_000)
      if (minute > 60)
        await expect(warmup.authenticateAndUpdateToken(outdated.id)).rejects.toMatchObject({
          problem: 'app_refused',
        })
      expect(await warmup.authenticateAndUpdateToken(renewed.id)).toHaveProperty('accessToken')
    }
    const told = await db.select().from(incidents)
    expect(told.map(({ subject }) => clientIdOf(subject))).toEqual([OTHER.id])

    // Nobody uses the old secret any more.
    await removeAccount(warmup, outdated.id)
    await world.runUntil(new Date(world.clock.now().getTime() + 96 * HOUR))
    expect(await db.select().from(incidents)).toMatchObject([{ closedAt: expect.any(Date) }])
  })

  test('is not taken over by a user whose address Google has not verified, nor by another user', async () => {
    await using world = await openWorld()
    const { warmup } = world.runtime
    const anna = await world.connect('anna@example.com', { kind: 'vault' })
    world.sandbox.control.addClient(OTHER.id, OTHER.secret)
    const claim = (body: object) => {
      world.sandbox.control.addFault({ path: '/userinfo', status: 200, body })
      return handIn(world, anna.email)
    }
    const mallory = { sub: 'mallory', email: anna.email }
    await expect(claim({ ...mallory, email_verified: false })).rejects.toThrow('has not verified')
    await expect(claim({ ...mallory, email_verified: true })).rejects.toThrow('another Google user')
    expect(await warmup.store.accounts.byId(anna.id)).toEqual(anna)
  })
})

test('a settings change that asked for too much is undone by going back', async () => {
  await using world = await openWorld()
  const { warmup, db } = world.runtime
  world.sandbox.control.addClient(OTHER.id, OTHER.secret)
  const vera = await handIn(world, 'vera@example.com')
  await changeSettings(warmup, vera.id, { ...settingsOf(vera), kind: 'pool' })
  expect(await warmup.store.accounts.byId(vera.id)).toMatchObject({ failure: 'missing_scopes' })
  await changeSettings(warmup, vera.id, settingsOf(vera))
  expect(await warmup.store.accounts.byId(vera.id)).toMatchObject({ status: 'active', failure: null })
  expect(await db.select().from(incidents)).toMatchObject([{ closedAt: expect.any(Date) }])
})

describe('the mailbox of an account that has left for the vault', () => {
  const always = { openRate: 1, replyRate: 1 }

  test('is not touched: no mail of it is sent, none to it is sent or opened any more', async () => {
    await using world = await openWorld()
    const { warmup, db } = world.runtime
    world.sandbox.control.forcePlacement('inbox')
    await world.connect('anna@example.com', { ...always, startVolume: 6 })
    const ben = await world.connect('ben@example.org', { ...always, kind: 'pool' })
    const unsent = () => db.select().from(messages).where(eq(messages.state, 'planned'))
    const opens = () => db.select().from(tasks).where(eq(tasks.kind, 'open'))
    const isUnderWay = async () => (await opens()).length > 0 && (await unsent()).length > 0
    while (!(await isUnderWay())) await world.runUntil(new Date(world.clock.now().getTime() + HOUR / 12))

    await changeSettings(warmup, ben.id, { ...settingsOf(ben), kind: 'vault' })
    expect([await unsent(), await opens()]).toEqual([[], []])
    const [ledger, mailbox] = [
      world.sandbox.control.ledger().length,
      JSON.stringify(world.sandbox.control.messages(ben.email)),
    ]
    await world.runUntil(new Date('2026-03-04T22:00:00Z'))
    const since = world.sandbox.control.ledger(ledger).map(({ kind }) => kind)
    expect(since).not.toContain('sent')
    expect(JSON.stringify(world.sandbox.control.messages(ben.email))).toBe(mailbox)
  })

  test('is not touched for a mail that was being sent to it', async () => {
    await using world = await openWorld()
    const { warmup, db } = world.runtime
    world.sandbox.control.forcePlacement('inbox')
    await world.connect('anna@example.com', { ...always, startVolume: 1 })
    const ben = await world.connect('ben@example.org', { ...always, kind: 'pool' })
    using worker = handWorker(world)
    for (const handout of await worker.handOut('plan')) await worker.run(handout)
    const [send] = await db.select().from(tasks).where(eq(tasks.kind, 'send'))
    world.clock.moveTo(send?.dueAt as Date)
    world.sandbox.control.addFault({ path: '/drafts/send', delayMs: 300 })
    const [handout] = await worker.handOut('send')
    const sending = worker.run(handout)
    await expect.poll(() => world.sandbox.control.faults()).toEqual([])
    await changeSettings(warmup, ben.id, { ...settingsOf(ben), kind: 'vault' })
    expect(await sending).toBe('done')

    await world.runUntil(new Date('2026-03-04T22:00:00Z'))
    const ledger = world.sandbox.control.ledger()
    expect(ledger.filter(({ kind }) => kind === 'sent')).toHaveLength(1)
    expect(ledger.filter(({ kind, mailbox }) => kind === 'modified' && mailbox === ben.email)).toEqual([])
  })
})

test('a removed account’s token is erased though a refresh that was under way has renewed it meanwhile', async () => {
  await using world = await openWorld()
  const { warmup, db } = world.runtime
  const anna = await world.connect('anna@example.com', { kind: 'pool' })
  await removeAccount(warmup, anna.id)
  const { revoke } = warmup.oauth
  warmup.oauth.revoke = async (token) => {
    warmup.oauth.revoke = revoke
    await revoke(token)
    const stored = await warmup.store.tokens.of(anna.id)
    if (stored) await warmup.store.tokens.save(anna.id, stored.version, stored.token)
  }
  await world.settle()
  expect(await warmup.store.tokens.of(anna.id)).toBeNull()
  expect((await db.select().from(events)).map(({ kind }) => kind)).toContain('revoked')
})

test('a removed account whose token does not open is let go all the same', async () => {
  await using world = await openWorld()
  const { warmup, db } = world.runtime
  const anna = await world.connect('anna@example.com', { kind: 'pool' })
  await db.update(accounts).set({ oauthToken: 'in clear' })
  await removeAccount(warmup, anna.id)
  await world.settle()
  expect(await db.select().from(accounts)).toMatchObject([{ status: 'removed', oauthToken: null }])
  expect((await db.select().from(tasks)).map(({ kind }) => kind)).toEqual(['tidy'])
})

test('an unused link ends when its account is removed', async () => {
  await using world = await openWorld()
  const { warmup } = world.runtime
  const anna = await world.connect('anna@example.com')
  const offer = { email: anna.email, settings: settingsOf(anna) }
  const { url } = await issueConnectLink(warmup, offer, { wallNow: new Date(), validForMinutes: 9 })
  await removeAccount(warmup, anna.id)
  const link = new URL(url).searchParams.get('link') ?? ''
  expect(await followConnectLink(warmup, link, new Date())).toBeNull()
})

test('while Google is down it is asked ever more seldom', async () => {
  await using world = await openWorld()
  await world.connect('anna@example.com', { kind: 'vault' })
  world.sandbox.control.addFault({ path: '/token$', status: 503, count: 1_000_000 })
  await world.runUntil(new Date(world.clock.now().getTime() + 36 * HOUR))
  const [fault] = world.sandbox.control.faults()
  expect(1_000_000 - (fault?.count ?? 0)).toBeLessThan(30)
})

test('an address that a removed account still bears is free for another mailbox', async () => {
  await using world = await openWorld()
  const { warmup, db } = world.runtime
  const anna = await world.connect('anna@example.com', { kind: 'pool' })
  const ben = await world.connect('ben@example.com', { kind: 'pool' })
  await removeAccount(warmup, anna.id)
  await db.update(accounts).set({ googleUserId: 'renamed' }).where(eq(accounts.id, anna.id))
  const stored = await warmup.store.tokens.of(ben.id)
  if (!stored) throw new Error('no token')
  const { account } = await warmup.store.transaction((tx) =>
    tx.accounts.connect({
      googleUserId: ben.googleUserId,
      email: anna.email,
      token: stored.token,
      settings: settingsOf(ben),
      now: world.clock.now(),
    }),
  )
  expect(account).toMatchObject({ id: ben.id, email: anna.email, status: 'active' })
})
