import { describe, expect, test } from 'vitest'
import type { Account } from '../../../src/db/accounts.ts'
import { incidents } from '../../../src/db/schema.ts'
import { pauseAccount } from '../../../src/warmup/account-settings.ts'
import { connectCheaply, refreshesOf } from '../../support/tokens.ts'
import { handWorker } from '../../support/worker.ts'
import { openWorld, type World } from '../../support/world.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const LABELS = 'https://www.googleapis.com/auth/gmail.labels'

const accountOf = async ({ runtime }: World, { id }: Account) => runtime.warmup.store.accounts.byId(id)

/** Runs every task in its time, without a queue between. */
async function runTo(world: World, end: Date): Promise<void> {
  using worker = handWorker(world)
  const { tasks } = world.runtime.warmup.store
  for (;;) {
    for (const handout of await worker.handOut()) await worker.run(handout)
    const next = await tasks.nextDueAt()
    if (next === null || next > end) return world.clock.moveTo(end)
    if (next > world.clock.now()) world.clock.moveTo(next)
  }
}
const runFor = (world: World, time: number) => runTo(world, new Date(world.clock.now().getTime() + time))

test('tokens that nothing else asks for are used every day for 200 days, of paused and of vault accounts too', async () => {
  await using world = await openWorld()
  await connectCheaply(world, 'idle@example.com')
  const paused = await connectCheaply(world, 'paused@example.com')
  await connectCheaply(world, 'vault@example.com', {
    settings: { kind: 'vault' },
    scopes: ['openid', 'email', 'https://www.googleapis.com/auth/calendar.readonly'],
  })
  await pauseAccount(world.runtime.warmup, paused.id)
  await runFor(world, 200 * DAY)

  for (const email of ['idle@example.com', 'paused@example.com', 'vault@example.com']) {
    const used = world.sandbox.control
      .ledger()
      .flatMap(({ kind, mailbox, at }) => (kind === 'refreshed' && mailbox === email ? [Date.parse(at)] : []))
    expect(used.length).toBeGreaterThanOrEqual(192)
    // An active one is judged besides, on each of its 143 working days.
    expect(used.length).toBeLessThanOrEqual(email === 'idle@example.com' ? 209 + 143 : 209)
    const gaps = used.slice(1).map((at, i) => at - (used[i] ?? 0))
    expect(Math.max(...gaps)).toBeLessThanOrEqual(26 * HOUR)
  }
  expect(await accountOf(world, paused)).toMatchObject({ status: 'paused', lastError: null })
}, 180_000)

describe('within 25 hours it is found out of an idle account that', () => {
  test.each([
    [
      'its grant was revoked',
      (world: World) => world.sandbox.control.revokeGrant('idle@example.com'),
      'grant_revoked',
    ],
    [
      'a scope was taken from it',
      (world: World) => world.sandbox.control.untickScope('idle@example.com', LABELS),
      'missing_scopes',
    ],
  ] as const)('%s', async (_, strike, failure) => {
    await using world = await openWorld()
    const account = await connectCheaply(world, 'idle@example.com')
    await runFor(world, 3 * DAY)
    strike(world)
    await runFor(world, 25 * HOUR)
    expect(await accountOf(world, account)).toMatchObject({ status: 'needs_reauth', failure })
    expect(await world.runtime.db.select().from(incidents)).toMatchObject([{ failure, closedAt: null }])
  })
})

test.each(['active', 'paused'] as const)(
  'an account that was %s when it lost its grant is not asked about until it is connected again, and is that then again',
  async (status) => {
    await using world = await openWorld()
    const account = await connectCheaply(world, 'idle@example.com')
    if (status === 'paused') await pauseAccount(world.runtime.warmup, account.id)
    world.sandbox.control.revokeGrant('idle@example.com')
    await runFor(world, 2 * DAY)
    expect(await accountOf(world, account)).toMatchObject({ status: 'needs_reauth' })
    const before = refreshesOf(world)
    await runFor(world, 10 * DAY)
    expect(refreshesOf(world)).toBe(before)

    await connectCheaply(world, 'idle@example.com')
    expect(await accountOf(world, account)).toMatchObject({ status, failure: null, lastError: null })
    await runFor(world, 10 * DAY)
    expect(refreshesOf(world) - before).toBeGreaterThanOrEqual(8)
    expect(await accountOf(world, account)).toMatchObject({ status })
    expect(await world.runtime.db.select().from(incidents)).toMatchObject([{ closedAt: expect.any(Date) }])
  },
)

test('an account that needs re-authentication has its tasks parked until it is connected again, and then goes on where it was', async () => {
  await using world = await openWorld()
  const { control } = world.sandbox
  const EMAIL = 'anna@example.com'
  control.forcePlacement('inbox')
  const anna = await world.connect(EMAIL, { startVolume: 4, dailyIncrease: 0, openRate: 0.5, dailyLimit: 9 })
  await world.connect('ben@example.org', { kind: 'pool' })
  await world.runUntil(new Date('2026-03-02T12:00:00Z'))
  const before = await accountOf(world, anna)
  const sent = () =>
    control.ledger().filter(({ kind, mailbox }) => kind === 'sent' && mailbox === EMAIL).length

  control.revokeGrant(EMAIL)
  await world.runUntil(new Date('2026-03-03T12:00:00Z'))
  const parked = sent()
  expect(await accountOf(world, anna)).toMatchObject({ status: 'needs_reauth' })
  await world.runUntil(new Date('2026-03-04T12:00:00Z'))
  expect(sent()).toBe(parked)

  const again = await world.connect(EMAIL, { kind: 'pool', openRate: 1, dailyLimit: 500 })
  const { tokenVersion, connectedAt } = again
  expect(again).toMatchObject({ ...before, status: 'active', lastError: null, tokenVersion, connectedAt })
  await world.runUntil(new Date('2026-03-06T22:00:00Z'))
  expect(sent()).toBeGreaterThan(parked)
})
