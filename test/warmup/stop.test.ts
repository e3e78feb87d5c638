import { describe, expect, test } from 'vitest'
import { asc, eq } from '../../src/db/drizzle.ts'
import { events, tasks } from '../../src/db/schema.ts'
import { DEFAULT_ENGINE } from '../../src/domain/engine.ts'
import type { TaskKind } from '../../src/domain/task.ts'
import { changeEngine, resumeSending, stopSending } from '../../src/warmup/engine.ts'
import { messagesOf } from '../support/agreement.ts'
import { handWorker } from '../support/worker.ts'
import { openWorld, type World } from '../support/world.ts'

const MINUTE = 60_000

/** Anna's day is planned, with so many mails to Ben, who opens and answers each. */
async function openPlanned(startVolume = 1): Promise<World> {
  const world = await openWorld()
  world.sandbox.control.forcePlacement('inbox')
  const always = { openRate: 1, replyRate: 1 }
  await world.connect('anna@example.com', { ...always, startVolume, dailyIncrease: 0 })
  await world.connect('ben@example.org', { ...always, kind: 'pool' })
  using worker = handWorker(world)
  for (const handout of await worker.handOut('plan')) await worker.run(handout)
  return world
}

const waiting = ({ runtime: { db } }: World, kind: TaskKind) =>
  db.select().from(tasks).where(eq(tasks.kind, kind)).orderBy(asc(tasks.dueAt))

async function untilDue(world: World, kind: TaskKind): Promise<void> {
  for (;;) {
    const [first] = await waiting(world, kind)
    if (first)
      return world.clock.moveTo(new Date(Math.max(first.dueAt.getTime(), world.clock.now().getTime())))
    const next = await world.runtime.warmup.store.tasks.nextDueAt()
    if (!next) throw new Error(`no ${kind} task ever comes`)
    await world.runUntil(next)
  }
}

const sent = ({ sandbox }: World) => sandbox.control.ledger().filter(({ kind }) => kind === 'sent')
const eventsOf = (
  { runtime: { db } }: World,
  kind: 'sending_stopped' | 'sending_resumed' | 'engine_changed',
) => db.select().from(events).where(eq(events.kind, kind))

describe('while all sending is stopped', () => {
  test.each(['send', 'reply'] as const)('a %s that is due is not handed out', async (kind) => {
    const world = await openPlanned()
    await using _ = world
    await untilDue(world, kind)
    const before = sent(world).length
    using worker = handWorker(world)
    await stopSending(world.runtime.warmup)
    expect(await worker.handOut(kind)).toEqual([])
    await resumeSending(world.runtime.warmup)
    const [handout] = await worker.handOut(kind)
    expect(await worker.run(handout)).toBe('done')
    expect(sent(world)).toHaveLength(before + 1)
  })

  test.each(['send', 'reply'] as const)('a %s that lies in the queue is not sent', async (kind) => {
    const world = await openPlanned()
    await using _ = world
    await untilDue(world, kind)
    const before = sent(world).length
    using worker = handWorker(world)
    const [handout] = await worker.handOut(kind)
    await stopSending(world.runtime.warmup)
    expect(await worker.run(handout)).toBe('again')
    expect(sent(world)).toHaveLength(before)
    expect(await waiting(world, kind)).toMatchObject([{ waitingFor: 'stopped', errors: 0 }])
  })

  test('a mail whose draft was being made when the stop came stays a draft', async () => {
    const world = await openPlanned()
    await using _ = world
    await untilDue(world, 'send')
    using worker = handWorker(world)
    world.sandbox.control.addFault({ path: '/drafts$', method: 'POST', delayMs: 300, count: 1 })
    const [handout] = await worker.handOut('send')
    const running = worker.run(handout)
    await expect.poll(() => world.sandbox.control.faults()).toEqual([])
    await stopSending(world.runtime.warmup)
    expect(await running).toBe('again')
    expect(sent(world)).toEqual([])
  })

  test('mail that was sent is opened, and the next days are planned, but nothing leaves', async () => {
    const world = await openPlanned()
    await using _ = world
    await untilDue(world, 'send')
    using worker = handWorker(world)
    const [handout] = await worker.handOut('send')
    await worker.run(handout)
    await stopSending(world.runtime.warmup)
    await world.runUntil(new Date('2026-03-04T22:00:00Z'))
    expect(sent(world)).toHaveLength(1)
    const [opening] = await messagesOf(world.runtime)
    expect(opening).toMatchObject({ state: 'sent', placement: 'inbox', openedAt: expect.any(Date) })
    expect((await world.runtime.warmup.store.accounts.byId(1))?.lastPlannedOn).toBe('2026-03-04')
  })
})

test('a stop waits for a send that is just being begun, and none is begun after it', async () => {
  const world = await openPlanned()
  await using _ = world
  const { store } = world.runtime.warmup
  await untilDue(world, 'send')
  using worker = handWorker(world)
  const [handout] = await worker.handOut('send')
  const now = world.clock.now()
  const run = handout && (await store.tasks.start(handout, 'test', { now, leaseSeconds: 30 }))
  if (!run?.message || !run.sending) throw new Error('nothing to send')
  const { message, sending } = run
  const draft = { draftId: 'draft', threadId: 'thread', now }
  const holder = { taskId: run.task.id, owner: 'test' }
  const order: string[] = []
  let stopping: Promise<unknown> = Promise.resolve()
  await store.transaction(async (tx) => {
    expect(await tx.sends.begin(message, draft, sending, holder)).toBe(true)
    stopping = stopSending(world.runtime.warmup).then(() => order.push('stopped'))
    await expect.poll(() => waitsForALock(world)).toBe(true)
    order.push('begun')
  })
  await stopping
  expect(order).toEqual(['begun', 'stopped'])
  const next = { ...sending, begun: sending.begun + 1 }
  expect(await store.sends.begin(message, draft, next, holder)).toBe(false)
  await resumeSending(world.runtime.warmup)
  expect(await store.sends.begin(message, draft, next, holder)).toBe(true)
})

test('a send that is ready while a stop is being kept waits for it, and is not sent', async () => {
  const world = await openPlanned()
  await using _ = world
  const { store } = world.runtime.warmup
  await untilDue(world, 'send')
  using worker = handWorker(world)
  const [handout] = await worker.handOut('send')
  let running: Promise<unknown> = Promise.resolve()
  await store.transaction(async (tx) => {
    await tx.engine.setStopped(world.clock.now())
    running = worker.run(handout)
    await expect.poll(() => waitsForALock(world)).toBe(true)
  })
  expect(await running).toBe('again')
  expect(sent(world)).toEqual([])
})

async function waitsForALock({ runtime: { db } }: World): Promise<boolean> {
  const rows = await db.execute(
    'select from pg_locks where not granted and pid in (select pid from pg_stat_activity where datname = current_database())',
  )
  return rows.length > 0
}

test('once sending goes on, what is overdue leaves one by one, each after the pause', async () => {
  const world = await openPlanned(6)
  await using _ = world
  await untilDue(world, 'send')
  await stopSending(world.runtime.warmup)
  await world.runUntil(new Date('2026-03-02T15:00:00Z'))
  expect(sent(world)).toEqual([])
  await resumeSending(world.runtime.warmup)
  await world.settle()
  expect(sent(world)).toHaveLength(1)
  await world.runUntil(new Date('2026-03-02T22:00:00Z'))
  const times = (await messagesOf(world.runtime))
    .filter(({ turn, sentAt }) => turn === 1 && sentAt)
    .map(({ sentAt }) => (sentAt as Date).getTime())
    .toSorted((a, b) => a - b)
  expect(times).toHaveLength(6)
  times.slice(1).forEach((time, i) => {
    expect(time - (times[i] as number)).toBeGreaterThanOrEqual(3 * MINUTE)
  })
})

test('many clicks at once stop it once, and let it go on once', async () => {
  await using world = await openWorld()
  const { warmup } = world.runtime
  const clicks = (click: typeof stopSending) => Promise.all(Array.from({ length: 5 }, () => click(warmup)))
  expect((await clicks(resumeSending)).filter(Boolean)).toEqual([])
  expect((await clicks(stopSending)).filter(Boolean)).toEqual([true])
  expect((await clicks(resumeSending)).filter(Boolean)).toEqual([true])
  expect(await eventsOf(world, 'sending_stopped')).toMatchObject([{ accountId: null }])
  expect(await eventsOf(world, 'sending_resumed')).toHaveLength(1)
})

describe('settings of the engine that are changed', () => {
  test('are told as they were and as they are, and only where they differ', async () => {
    await using world = await openWorld()
    const { warmup } = world.runtime
    const settings = { ...DEFAULT_ENGINE, watchShare: 0.1, dkimSelectors: ['google', 's1'] }
    expect(await changeEngine(warmup, settings)).toEqual(['watchShare', 'dkimSelectors'])
    expect(await changeEngine(warmup, settings)).toEqual([])
    expect(await warmup.store.engine.get()).toEqual({ ...settings, stoppedAt: null })
    expect(await eventsOf(world, 'engine_changed')).toMatchObject([
      { accountId: null, data: { watchShare: '0.15 → 0.1', dkimSelectors: 'google → google,s1' } },
    ])
  })

  test('leave a stop as it is', async () => {
    await using world = await openWorld()
    const { warmup } = world.runtime
    await stopSending(warmup)
    await changeEngine(warmup, { ...DEFAULT_ENGINE, maxTurns: 2 })
    expect(await warmup.store.engine.get()).toMatchObject({ maxTurns: 2, stoppedAt: world.clock.now() })
  })

  test('give mail from then on the new label', async () => {
    const world = await openPlanned()
    await using _ = world
    await changeEngine(world.runtime.warmup, { ...DEFAULT_ENGINE, labelName: 'Outreach/Warmup' })
    await untilDue(world, 'send')
    await world.settle()
    expect((await world.runtime.warmup.store.accounts.byId(1))?.labelName).toBe('Outreach/Warmup')
  })
})
