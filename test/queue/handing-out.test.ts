import { describe, expect, test } from 'vitest'
import { sql } from '../../src/db/drizzle.ts'
import { expectAgreement } from '../support/agreement.ts'
import { emptyRedis } from '../support/redis.ts'
import { handWorker } from '../support/worker.ts'
import { BACKENDS, openWorld, type World } from '../support/world.ts'

const MONDAY_EVENING = new Date('2026-03-02T22:00:00Z')
const KINDS = ['plan', 'send', 'open', 'reply', 'disconnect'] as const

const handOut = ({ runtime, clock }: World, leaseSeconds = 30) =>
  runtime.warmup.store.tasks.handOut({ kinds: KINDS, now: clock.now(), window: 1000, leaseSeconds })

describe('a task that is due', () => {
  test('is handed out once, and again only when its lease has run out', async () => {
    await using world = await openWorld()
    await world.connect('anna@example.com')
    const [first] = await handOut(world, 0.2)
    expect(first).toMatchObject({ kind: 'plan', handout: 1 })
    expect(await handOut(world)).toEqual([])
    await expect.poll(() => handOut(world, 0.2)).toMatchObject([{ taskId: first?.taskId, handout: 2 }])
  })

  test('and whose process dies is free again 30 seconds after that process last held it', async () => {
    await using world = await openWorld()
    await world.connect('anna@example.com')
    const { warmup, db } = world.runtime
    warmup.openMailbox = () => new Promise(() => {})
    using worker = handWorker(world)
    const [handout] = await worker.handOut('plan')
    void worker.run(handout)
    const seconds = async () => {
      const [row] = await db.execute<{ left: number }>(sql`
        select extract(epoch from lease_until - clock_timestamp())::float8 as left from tasks where started_by is not null`)
      return row?.left ?? 0
    }
    await expect.poll(seconds).toBeGreaterThan(25)
    expect(await seconds()).toBeLessThanOrEqual(30)
  })

  test('is begun by one of the jobs that carry it, and never by a job of an earlier handing-out', async () => {
    await using world = await openWorld()
    await world.connect('anna@example.com')
    const { tasks } = world.runtime.warmup.store
    const times = { now: world.clock.now(), leaseSeconds: 30 }
    const [handout] = await handOut(world, 0.1)
    if (!handout) throw new Error('nothing was handed out')
    let again = await handOut(world)
    while (again.length === 0) again = await handOut(world)
    expect(await tasks.start(handout, 'late', times)).toBeNull()
    const runs = await Promise.all(
      ['a', 'b', 'c'].map((owner) => tasks.start({ ...handout, handout: handout.handout + 1 }, owner, times)),
    )
    expect(runs.filter((run) => run !== null)).toHaveLength(1)
  })

  test('waits while another task of its account is out, also where many dispatchers hand out at once', async () => {
    await using world = await openWorld()
    for (const name of ['anna', 'ben', 'cleo']) await world.connect(`${name}@example.com`, { kind: 'pool' })
    const at = new Date(world.clock.now().getTime() - 1000)
    const { tasks } = world.runtime.warmup.store
    for (const accountId of [1, 2, 3]) {
      await tasks.add([{ kind: 'plan', accountId, dueAt: at }])
      await tasks.add([{ kind: 'disconnect', accountId, dueAt: at }])
    }
    const rounds = await Promise.all(Array.from({ length: 8 }, () => handOut(world)))
    const [row] = await world.runtime.db.execute<{ accounts: number; tasks: number }>(
      sql`select count(distinct account_id)::int as accounts, count(*)::int as tasks from tasks where lease_until is not null`,
    )
    expect(rounds.flat()).toHaveLength(3)
    expect(row).toEqual({ accounts: 3, tasks: 3 })
  })

  test('is queued in the order in which it was due, whatever the order of the rows', async () => {
    await using world = await openWorld()
    const { tasks } = world.runtime.warmup.store
    const accounts = []
    for (let i = 0; i < 6; i += 1)
      accounts.push(await world.connect(`pool${i}@example.com`, { kind: 'pool' }))
    const hour = (i: number) => new Date(world.clock.now().getTime() - (i + 1) * 3_600_000)
    for (const [i, { id }] of accounts.entries()) await tasks.bringForward(id, 'plan', hour((i * 5) % 6))
    const due = [...accounts.keys()].toSorted((a, b) => ((b * 5) % 6) - ((a * 5) % 6))
    const ids = (
      await world.runtime.db.execute<{ id: number }>(
        sql`select id::int from tasks where kind = 'plan' order by account_id`,
      )
    ).map(({ id }) => id)
    expect((await handOut(world)).map(({ taskId }) => taskId)).toEqual(due.map((i) => ids[i]))
  })

  test('is parked while its account is paused', async () => {
    await using world = await openWorld()
    const anna = await world.connect('anna@example.com')
    const { accounts } = world.runtime.warmup.store
    await accounts.changeStatus(anna.id, ['active'], 'paused')
    expect(await handOut(world)).toEqual([])
    await accounts.changeStatus(anna.id, ['paused'], 'active')
    expect(await handOut(world)).toHaveLength(1)
  })

  test('carries nothing but ids into the queue', async () => {
    await using world = await openWorld()
    await world.connect('anna@example.com')
    const [handout] = await handOut(world)
    expect(Object.keys(handout ?? {}).sort()).toEqual(['handout', 'kind', 'taskId'])
  })
})

test.skipIf(!BACKENDS.includes('redis'))(
  'Redis may lose everything at any time, and no mail is lost or doubled',
  async () => {
    await using world = await openWorld({ backend: 'redis' })
    world.sandbox.control.forcePlacement('inbox')
    await world.connect('anna@example.com', { openRate: 1, replyRate: 1, startVolume: 4 })
    await world.connect('ben@example.org', { kind: 'pool', replyRate: 1 })
    const { tasks } = world.runtime.warmup.store
    // These go out under a short lease, and their jobs never reach a worker.
    world.clock.moveTo(new Date('2026-03-02T10:00:00Z'))
    await handOut(world, 0.2)
    await emptyRedis()
    await expect.poll(async () => (await handOut(world, 0.1)).length).toBeGreaterThan(0)
    await emptyRedis()
    await world.runtime.warmup.store.endLeases()
    expect(await tasks.nextDueAt()).not.toBeNull()

    await world.runUntil(MONDAY_EVENING)
    await world.runUntil(new Date('2026-03-03T22:00:00Z'))
    await expectAgreement(world.runtime, world.sandbox.control.ledger())
    expect(world.sandbox.control.ledger().filter(({ kind }) => kind === 'sent').length).toBeGreaterThan(6)
  },
)

describe.each(BACKENDS)('workers on %s', (backend) => {
  test('finish the tasks that are running before they are closed', async () => {
    await using world = await openWorld({ backend })
    await world.connect('anna@example.com', { startVolume: 1 })
    await world.connect('ben@example.org', { kind: 'pool' })
    const workers = world.startWorkers()
    await world.settle()
    const due = await world.runtime.warmup.store.tasks.nextDueAt()
    world.clock.moveTo(due as Date)
    world.sandbox.control.addFault({ path: '/drafts/send', delayMs: 400 })
    await workers.dispatcher.dispatch()
    const asked = () => world.sandbox.control.callCounts()['gmail.users.drafts.create'] ?? 0
    await expect.poll(asked).toBe(1)
    await workers.close()
    await expectAgreement(world.runtime, world.sandbox.control.ledger())
    expect(world.sandbox.control.ledger().filter(({ kind }) => kind === 'sent')).toHaveLength(1)
  })
})
