import { describe, expect, test } from 'vitest'
import { DEFAULT_SETTINGS, settingsOf } from '../../src/domain/account.ts'
import { changeSettings, pauseAccount, resumeAccount } from '../../src/warmup/account-settings.ts'
import { finishConnecting, startConnecting } from '../../src/warmup/connect-account.ts'
import { removeAccount } from '../../src/warmup/disconnect-account.ts'
import { messagesOf } from '../support/agreement.ts'
import { giveConsent } from '../support/consent.ts'
import { openWorld, type World } from '../support/world.ts'

async function openPair() {
  const world = await openWorld()
  world.sandbox.control.forcePlacement('inbox')
  const anna = await world.connect('anna@example.com', { startVolume: 6, dailyIncrease: 0 })
  const ben = await world.connect('ben@example.org', { kind: 'pool', replyRate: 1 })
  return { world, anna, ben }
}

const sent = ({ sandbox }: World) => sandbox.control.ledger().filter(({ kind }) => kind === 'sent').length

describe('a mailbox', () => {
  test('whose two visits to Google come back at the same moment makes one account', async () => {
    await using world = await openWorld()
    const { warmup } = world.runtime
    world.sandbox.control.createMailbox('anna@example.com')
    const visits = [1, 2, 3, 4].map(async () => {
      const url = await startConnecting(warmup, DEFAULT_SETTINGS, new Date())
      return giveConsent(url, 'anna@example.com')
    })
    const callbacks = await Promise.all(visits)
    const results = await Promise.all(
      callbacks.map((callback) => finishConnecting(warmup, callback, new Date())),
    )
    const ids = results.map((result) => ('account' in result ? result.account.id : null))
    expect(new Set(ids)).toEqual(new Set([1]))
    expect(results.filter((result) => 'isNew' in result && result.isNew)).toHaveLength(1)
    expect(await warmup.store.accounts.all()).toHaveLength(1)
  })
})

test('an account that is to be connected again takes no other mailbox’s token', async () => {
  const { world, anna } = await openPair()
  await using _ = world
  const { warmup } = world.runtime
  const url = await startConnecting(warmup, settingsOf(anna), new Date(), { wanted: anna })
  const result = await finishConnecting(warmup, await giveConsent(url, 'ben@example.org'), new Date())
  expect(result).toEqual({
    failure: { kind: 'other_mailbox', wanted: anna.email, chosen: 'ben@example.org' },
  })
})

describe('an account that is removed', () => {
  test('loses its token, its grant at Google and its unsent mail, and is written to no more', async () => {
    const { world, ben } = await openPair()
    await using _ = world
    await world.runUntil(new Date('2026-03-02T13:00:00Z'))
    const before = sent(world)
    expect(before).toBeGreaterThan(0)

    expect(await removeAccount(world.runtime.warmup, ben.id)).toBe(true)
    await world.runUntil(new Date('2026-03-03T22:00:00Z'))

    expect(sent(world)).toBe(before)
    expect(await world.runtime.warmup.store.tokens.of(ben.id)).toBeNull()
    expect(world.sandbox.control.ledger()).toContainEqual(
      expect.objectContaining({ kind: 'revoked', mailbox: ben.email }),
    )
    const states = new Set((await messagesOf(world.runtime)).map(({ state }) => state))
    expect(states).toEqual(new Set(['sent', 'cancelled']))
  })

  test('keeps asking Google to end the grant until Google has done so, however long that takes', async () => {
    await using world = await openWorld()
    const ben = await world.connect('ben@example.org', { kind: 'pool' })
    world.sandbox.control.addFault({ path: '/revoke', status: 503, count: 30 })
    world.sandbox.control.addFault({
      path: '/revoke',
      status: 400,
      body: '<html>Bad Request</html>',
      count: 3,
    })
    await removeAccount(world.runtime.warmup, ben.id)
    await world.runUntil(new Date('2026-03-02T18:00:00Z'))
    expect(await world.runtime.warmup.store.tokens.of(ben.id)).not.toBeNull()
    await world.runUntil(new Date('2026-03-05T06:00:00Z'))
    expect(await world.runtime.warmup.store.tokens.of(ben.id)).toBeNull()
    expect(world.sandbox.control.ledger().filter(({ kind }) => kind === 'revoked')).toHaveLength(1)
  })

  test('comes back as the same account, with its history', async () => {
    const { world, anna } = await openPair()
    await using _ = world
    await world.runUntil(new Date('2026-03-02T22:00:00Z'))
    await removeAccount(world.runtime.warmup, anna.id)
    await world.settle()
    const again = await world.connect('anna@example.com', { dailyLimit: 7 })
    expect(again).toMatchObject({ id: anna.id, status: 'active', warmupDay: 1, dailyLimit: 7 })
    const before = sent(world)
    await world.runUntil(new Date('2026-03-03T22:00:00Z'))
    expect(sent(world)).toBeGreaterThan(before)
  })
})

test('a paused account sends nothing, and goes on when it is resumed', async () => {
  const { world, anna } = await openPair()
  await using _ = world
  await world.settle()
  expect(await pauseAccount(world.runtime.warmup, anna.id)).toBe(true)
  expect(await pauseAccount(world.runtime.warmup, anna.id)).toBe(false)
  await world.runUntil(new Date('2026-03-02T22:00:00Z'))
  expect(sent(world)).toBe(0)
  await resumeAccount(world.runtime.warmup, anna.id)
  await world.runUntil(new Date('2026-03-03T22:00:00Z'))
  expect(sent(world)).toBeGreaterThan(0)
})

test('a lower limit holds for mail that was planned before', async () => {
  const { world, anna } = await openPair()
  await using _ = world
  await world.settle()
  await changeSettings(world.runtime.warmup, anna.id, { ...settingsOf(anna), dailyLimit: 2 })
  await world.runUntil(new Date('2026-03-02T22:00:00Z'))
  const byAnna = world.sandbox.control
    .ledger()
    .filter((fact) => fact.kind === 'sent' && fact.mailbox === anna.email)
  expect(byAnna).toHaveLength(2)
})

test('a changed rate begins its count anew, the other one goes on', async () => {
  const { world, ben } = await openPair()
  await using _ = world
  await world.runUntil(new Date('2026-03-02T22:00:00Z'))
  const { store } = world.runtime.warmup
  const before = await store.counts.runs(ben.id)
  expect(before.open?.asked).toBeGreaterThan(0)
  await changeSettings(world.runtime.warmup, ben.id, { ...settingsOf(ben), openRate: 0.3 })
  const after = await store.counts.runs(ben.id)
  expect(after).toEqual({ ...before, open: undefined })
})

test('an account that became a warmup account is planned, and one that became a pool account is not', async () => {
  const { world, anna, ben } = await openPair()
  await using _ = world
  await changeSettings(world.runtime.warmup, anna.id, { ...settingsOf(anna), kind: 'pool' })
  await changeSettings(world.runtime.warmup, ben.id, { ...settingsOf(ben), kind: 'warmup' })
  await world.runUntil(new Date('2026-03-02T22:00:00Z'))
  const openings = (await messagesOf(world.runtime)).filter(({ turn }) => turn === 1)
  expect(new Set(openings.map(({ senderId }) => senderId))).toEqual(new Set([ben.id]))
})
