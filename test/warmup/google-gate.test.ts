import { describe, expect, test, vi } from 'vitest'
import { isNull, sql } from '../../src/db/drizzle.ts'
import { incidents } from '../../src/db/schema.ts'
import type { StartedTask } from '../../src/db/started-task.ts'
import { GoogleError } from '../../src/domain/errors.ts'
import type { Outcome, TaskKind } from '../../src/domain/task.ts'
import type { GmailMethod } from '../../src/google/gmail.ts'
import { createGoogleGate, type GoogleGate } from '../../src/warmup/google-gate.ts'
import { expectAgreement, messagesOf } from '../support/agreement.ts'
import { openWorld, type World } from '../support/world.ts'

const SECOND = 1000
const DONE: Outcome = { kind: 'done' }
const AMPLE = { unitsPerMinuteProject: 1_200_000, unitsPerMinuteAccount: 6000 }

/** A gate as another process has it. */
const gateOf = ({ runtime }: World, settings = AMPLE) =>
  createGoogleGate({ ...runtime.warmup, random: () => 0.5 }, settings)

const started = (accountId: number, kind: TaskKind) =>
  ({ task: { kind }, account: { id: accountId } }) as StartedTask

function run(gate: GoogleGate, accountId: number, work: () => Promise<unknown>, kind: TaskKind = 'open') {
  return gate.admitted(started(accountId, kind), new AbortController().signal, async () => {
    await gate.during(accountId, work)
    return DONE
  })
}
const succeed = (gate: GoogleGate, accountId: number) => run(gate, accountId, async () => {})
const fail = (gate: GoogleGate, accountId: number) =>
  run(gate, accountId, () => Promise.reject(new GoogleError('passing', 'Backend Error (503)'))).catch(
    () => null,
  )

const outages = async ({ runtime }: World) =>
  (await runtime.db.select().from(incidents)).filter(({ kind }) => kind === 'google_down')

describe('Google counts as failing', () => {
  test('where five accounts fail, and then nothing begins but one try every 20 s, until one succeeds', async () => {
    await using world = await openWorld()
    const gate = gateOf(world)
    for (const account of [1, 2, 3, 4]) await fail(gate, account)
    expect(await outages(world)).toEqual([])
    await fail(gate, 5)
    expect(await outages(world)).toMatchObject([
      { failure: 'google_unavailable', words: 'Backend Error (503)', closedAt: null },
    ])

    const waiting = { kind: 'again', reason: 'Google fails', untried: true }
    expect(await succeed(gate, 6)).toMatchObject({
      ...waiting,
      at: new Date(world.clock.now().getTime() + 25 * SECOND),
    })
    world.clock.pass(20 * SECOND)
    let tries = 0
    const tried = await Promise.all(
      [1, 2, 3, 6, 7].map((account) =>
        run(gate, account, async () => {
          tries += 1
          throw new GoogleError('passing', 'still')
        }).catch(() => null),
      ),
    )
    expect([tries, tried.filter((outcome) => outcome?.kind === 'again').length]).toEqual([1, 4])

    world.clock.pass(20 * SECOND)
    expect(await succeed(gate, 7)).toEqual(DONE)
    expect(await outages(world)).toMatchObject([{ closedAt: world.clock.now() }])
    expect(await succeed(gate, 6)).toMatchObject(waiting)
    world.clock.pass(30 * SECOND)
    expect(await succeed(gate, 6)).toEqual(DONE)
  })

  test('and of all processes only one at a time tries it; what began before ends nothing', async () => {
    await using world = await openWorld()
    const [one, two] = [gateOf(world), gateOf(world)]
    for (const account of [1, 2, 3, 4, 5]) await fail(one, account)
    const beat = two.start(5)
    await vi.waitFor(async () => expect(await succeed(two, 9)).toMatchObject({ reason: 'Google fails' }))
    await beat.stop()
    await one.during(8, async () => 'a late answer')
    expect(await outages(world)).toMatchObject([{ closedAt: null }])

    world.clock.pass(20 * SECOND)
    let tries = 0
    const tryIt = async () => {
      tries += 1
      throw new GoogleError('passing', 'still')
    }
    await Promise.allSettled(
      [one, two].flatMap((gate) => [1, 2, 3].map((account) => run(gate, account, tryIt))),
    )
    expect(tries).toBe(1)
  })

  test('never for one account’s trouble, however often, in whatever process', async () => {
    await using world = await openWorld()
    const gates = [gateOf(world), gateOf(world), gateOf(world)]
    for (let i = 0; i < 30; i += 1) for (const gate of gates) await fail(gate, 1 + (i % 4))
    const beats = gates.map((gate) => gate.start(1))
    await sharings(world, 3)
    for (const beat of beats) await beat.stop()
    expect(await outages(world)).toEqual([])
  })

  test('not where more accounts are well, nor for what is refused, nor for what was cut off here', async () => {
    await using world = await openWorld()
    const gate = gateOf(world)
    for (let account = 100; account < 120; account += 1) await succeed(gate, account)
    for (let account = 1; account < 20; account += 1) await fail(gate, account)
    for (let account = 20; account < 40; account += 1)
      await run(gate, account, () => Promise.reject(new GoogleError('rate_limited', 'wait'))).catch(
        () => null,
      )
    const stopping = AbortSignal.abort()
    for (let account = 200; account < 300; account += 1)
      await gate
        .admitted(started(account, 'open'), stopping, () =>
          Promise.reject(new GoogleError('passing', 'aborted')),
        )
        .catch(() => null)
    expect(await outages(world)).toEqual([])
  })

  test('where several processes see a few accounts each, and all of them learn it', async () => {
    await using world = await openWorld()
    const [one, two, third] = [gateOf(world), gateOf(world), gateOf(world)]
    for (const account of [1, 2, 3]) await fail(one, account)
    for (const account of [3, 4, 5]) await fail(two, account)
    const beats = [one, two, third].map((gate) => gate.start(5))
    await vi.waitFor(async () => expect(await outages(world)).toHaveLength(1))
    await vi.waitFor(async () => expect(await succeed(third, 9)).toMatchObject({ reason: 'Google fails' }))
    for (const beat of beats) await beat.stop()
  })

  test('where the API is off in the Cloud project, and the operator is told how to mend it', async () => {
    await using world = await openWorld()
    const gate = gateOf(world)
    for (const account of [1, 2, 3, 4, 5])
      await run(gate, account, () => Promise.reject(new GoogleError('api_disabled', 'off'))).catch(() => null)
    expect(await outages(world)).toMatchObject([{ failure: 'api_disabled', words: 'off' }])
  })
})

describe('Gmail’s quota', () => {
  const spending = (gate: GoogleGate, accountId: number, method: GmailMethod) =>
    run(gate, accountId, async () => gate.onCall({ method, status: 200, ms: 1 }), 'send')

  test('of the project holds over all processes, and comes back with time', async () => {
    await using world = await openWorld()
    const settings = { unitsPerMinuteProject: 20_000, unitsPerMinuteAccount: 1_000_000 }
    const gates = [gateOf(world, settings), gateOf(world, settings), gateOf(world, settings)]
    const all = () =>
      Promise.all(
        gates.flatMap((gate) => Array.from({ length: 10 }, (_, i) => spending(gate, i, 'drafts.send'))),
      )
    const first = await all()
    const done = first.filter(({ kind }) => kind === 'done').length
    // A tenth of the minute at once.
    expect(done * 100).toBeLessThanOrEqual(2000)
    expect(done).toBeGreaterThan(5)
    const waits = first.filter((outcome) => outcome.kind === 'again')
    for (const { at, reason, untried } of waits) {
      expect([reason, untried]).toEqual(['the Cloud project’s Gmail quota is used up for the moment', true])
      expect(at.getTime()).toBeGreaterThan(world.clock.now().getTime())
    }
    world.clock.pass(60 * SECOND)
    expect((await all()).some(({ kind }) => kind === 'done')).toBe(true)
  })

  test('of one account is kept by all processes, and no other account waits for it', async () => {
    await using world = await openWorld()
    const [one, two] = [gateOf(world), gateOf(world)]
    const reason = 'this account’s part of Gmail’s quota is used up for the moment'
    for (let i = 0; i < 30; i += 1) await spending(one, 1, 'drafts.send')
    expect(await spending(one, 1, 'drafts.send')).toMatchObject({ kind: 'again', reason })
    const beats = [one, two].map((gate) => gate.start(5))
    await vi.waitFor(async () => expect(await run(two, 1, async () => {}, 'send')).toMatchObject({ reason }))
    expect(await spending(two, 2, 'drafts.send')).toEqual(DONE)
    for (const beat of beats) await beat.stop()
    world.clock.pass(60 * SECOND)
    expect(await spending(two, 1, 'drafts.send')).toEqual(DONE)
  })

  test('that is used up puts a task off with a reason, without counting an error, and no mail is lost', async () => {
    await using world = await openWorld({ environment: { GMAIL_UNITS_PER_MINUTE_ACCOUNT: '300' } })
    await connectPairs(world, 1)
    for (let i = 0; i < 3; i += 1) {
      await allDueNow(world)
      await world.settle()
    }
    const waiting = await world.runtime.db.execute<{ reason: string; errors: number }>(
      sql`select waiting_for as reason, errors from tasks where waiting_for like '%Gmail’s quota%'`,
    )
    expect(waiting.length).toBeGreaterThan(0)
    expect(new Set(waiting.map(({ errors }) => errors))).toEqual(new Set([0]))
    await world.runUntil(new Date('2026-03-03T22:00:00Z'))
    const messages = await messagesOf(world.runtime)
    expect(messages.filter(({ state }) => state === 'failed' || state === 'unknown')).toEqual([])
    await expectAgreement(world.runtime, world.sandbox.control.ledger())
  })
})

test('while all of Gmail fails hardly anything is asked of it, no account is to blame, and then all mail leaves once', async () => {
  await using world = await openWorld()
  await connectPairs(world, 6)
  const { control } = world.sandbox
  const struck = control.addFault({ path: '^/gmail/', status: 503, count: 1_000_000 })
  const count = () => 1_000_000 - struck.count
  await allDueNow(world)
  await world.settle()
  expect(await outages(world)).toMatchObject([{ closedAt: null }])
  const found = count()
  expect(found).toBeLessThanOrEqual(24)
  for (let i = 0; i < 15; i += 1) {
    world.clock.pass(10 * SECOND)
    await world.settle()
  }
  expect(count() - found).toBeLessThanOrEqual(8)
  expect(count() - found).toBeGreaterThan(1)
  expect((await world.runtime.warmup.store.accounts.all()).every(({ status }) => status === 'active')).toBe(
    true,
  )

  control.clearFaults()
  await world.runUntil(new Date('2026-03-02T15:00:00Z'))
  expect(await world.runtime.db.select().from(incidents).where(isNull(incidents.closedAt))).toEqual([])
  const messages = await messagesOf(world.runtime)
  expect(messages.filter(({ state }) => state === 'failed' || state === 'unknown')).toEqual([])
  expect(messages.filter(({ state }) => state === 'sent').length).toBeGreaterThanOrEqual(6)
  await expectAgreement(world.runtime, control.ledger())
})

/** Warmup and pool mailboxes whose first mails are planned; at ten of the day. */
async function connectPairs(world: World, pairs: number): Promise<void> {
  world.sandbox.control.forcePlacement('inbox')
  for (let i = 0; i < pairs; i += 1) {
    await world.connect(`anna-${i}@example.com`, { startVolume: 3, dailyIncrease: 0, minPauseMinutes: 1 })
    await world.connect(`ben-${i}@example.org`, { kind: 'pool', openRate: 1 })
  }
  await world.runUntil(new Date('2026-03-02T06:10:00Z'))
  world.clock.moveTo(new Date('2026-03-02T10:00:00Z'))
}

async function allDueNow({ runtime, clock }: World): Promise<void> {
  await runtime.db.execute(
    sql`update tasks set due_at = ${clock.now().toISOString()} where kind in ('send', 'open') and lease_until is null`,
  )
}

/** Waits until so many processes have said what they see. */
async function sharings({ runtime }: World, processes: number): Promise<void> {
  await vi.waitFor(async () => {
    const [row] = await runtime.db.execute<{ rows: number }>(
      sql`select count(*)::int as rows from google_sightings`,
    )
    expect(row?.rows).toBeGreaterThanOrEqual(processes)
  })
}
