import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { sql } from '../../src/db/drizzle.ts'
import { accounts } from '../../src/db/schema.ts'
import { expectAgreement } from '../support/agreement.ts'
import { type Fleet, openFleet } from '../support/fleet.ts'
import { localRedis } from '../support/infrastructure.ts'
import { emptyRedis, redisUrl } from '../support/redis.ts'
import { BACKENDS } from '../support/world.ts'

const SPEED = 2000
const FAULTS = 1000

async function begunTasks({ runtime: { db } }: Fleet): Promise<number> {
  const [row] = await db.execute<{ count: number }>(
    sql`select count(*)::int as count from tasks where started_by is not null`,
  )
  return row?.count ?? 0
}

/** Waits until Google keeps somebody waiting. */
async function isHanging({ sandbox }: Fleet): Promise<void> {
  while (sandbox.control.faults().every(({ count }) => count === FAULTS)) await delay(10)
}

describe('on SIGTERM, while Google keeps all waiting, a worker process', () => {
  test.each([
    ['for the answer of a mail', '/drafts'],
    ['for an access token', '/token$'],
  ])('%s, ends in order within ten seconds, and others begin its tasks at once', async (_words, path) => {
    await using fleet = await openFleet({ speed: SPEED })
    await fleet.connectAccounts()
    const worker = await fleet.start()
    while (fleet.sent() < 2) await delay(10)
    if (path === '/token$')
      for (let i = 0; i < 5; i += 1) fleet.sandbox.control.expireAccessTokens(`account${i}@example.com`)
    fleet.sandbox.control.addFault({ path, delayMs: 19_000, count: FAULTS })
    await isHanging(fleet)

    const { code, ms } = await worker.stop()
    expect({ code, output: worker.output() }).toMatchObject({ code: 0 })
    expect(ms).toBeLessThan(10_000)
    expect(await begunTasks(fleet)).toBe(0)
    // What waits for Gmail is cut off and says so; a refresh is waited for to the end.
    if (path === '/drafts')
      expect(worker.output()).toContain('"ended":"handed_back","reason":"the process is stopping"')
    const errors = await fleet.runtime.db.execute(sql`select kind, errors from tasks where errors > 0`)
    expect([...errors]).toEqual([])

    fleet.sandbox.control.clearFaults()
    const before = fleet.sent()
    const restarted = performance.now()
    await fleet.start()
    // What holds up an account whose refresh was cut off is that refresh's own lease.
    await fleet.runtime.db.update(accounts).set({ refreshUntil: null })
    while (fleet.sent() === before) await delay(10)
    expect(performance.now() - restarted).toBeLessThan(20_000)
    await fleet.calmDown()
    await expectAgreement(fleet.runtime, fleet.sandbox.control.ledger())
  })
})

describe.skipIf(!redisUrl())('on SIGTERM, while the queue’s store is away, a worker process', () => {
  test.each(['SIGSTOP', 'SIGKILL'] as const)('ends in order within ten seconds: %s', async (signal) => {
    const redis = await localRedis()
    if (!redis) throw new Error('there is a Redis for tests, and no redis-server')
    await using fleet = await openFleet({ speed: SPEED, redisUrl: redis.url })
    await fleet.connectAccounts()
    const worker = await fleet.start()
    while (fleet.sent() < 2) await delay(10)
    process.kill(redis.pid, signal)
    const { code, ms } = await worker.stop()
    if (signal === 'SIGSTOP') process.kill(redis.pid, 'SIGCONT')
    if (signal === 'SIGSTOP') await redis.stop()
    expect({ code, output: worker.output() }).toMatchObject({ code: 0 })
    // Not by the patience of 8 s that a process has with what hangs.
    expect(ms).toBeLessThan(7000)
    expect(await begunTasks(fleet)).toBe(0)
  })
})

test.each(BACKENDS)(
  'rolling restarts under load lose and double nothing: %s',
  async (backend) => {
    await using fleet = await openFleet({ speed: SPEED, redisUrl: backend === 'redis' ? redisUrl() : null })
    await fleet.connectAccounts()
    const workers = await Promise.all([fleet.start(), fleet.start(), fleet.start()])
    for (let restart = 0; restart < 6; restart += 1) {
      const turn = restart % workers.length
      const [before, next] = [fleet.sent(), fleet.start()]
      while (fleet.sent() < before + 3) await delay(10)
      expect(await workers[turn]?.stop()).toMatchObject({ code: 0 })
      workers[turn] = await next
    }
    await fleet.calmDown()
    expect(fleet.sent()).toBeGreaterThan(18)
    await expectAgreement(fleet.runtime, fleet.sandbox.control.ledger())
    for (const worker of workers) expect(await worker.stop()).toMatchObject({ code: 0 })
    if (backend === 'redis') await emptyRedis()
  },
  180_000,
)
