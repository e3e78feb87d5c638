import { createPostgresBackend, Queue, withBackend } from 'bullmq'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { TASK_KINDS } from '../../src/domain/task.ts'
import { createQueueBackend } from '../../src/runtime.ts'
import { startWorkers } from '../../src/start-workers.ts'
import { fingerprint } from '../support/fingerprint.ts'
import { fuzzing, oddJson } from '../support/fuzz.ts'
import { BACKENDS, openWorld, type World } from '../support/world.ts'

const KIND = 'check'
/** What workers have seen of Google they write down every few seconds, whatever they do. */
const OWN_PACE = { except: ['google_sightings'] }

/** The queue of one kind, as anybody has it who can reach its store. */
async function reachQueue({ config }: World) {
  const name = `kindling-${KIND}`
  if (config.REDIS_URL) {
    const redis = new Redis(config.REDIS_URL, { maxRetriesPerRequest: null })
    const queue = new Queue(name, { connection: redis, skipMetasUpdate: true })
    return { queue, redis, close: () => queue.close().then(() => redis.quit()) }
  }
  const pool = new pg.Pool({ connectionString: config.DATABASE_URL, options: '-c search_path=bullmq' })
  const bullmq = withBackend(createPostgresBackend)
  const queue = new bullmq.Queue(name, { connection: pool, skipMetasUpdate: true })
  return { queue, redis: null, close: () => queue.close().then(() => pool.end()) }
}

/** The workers of a process, and how often they have thrown a job away. */
function workersOf(world: World) {
  const { warmup } = world.runtime
  let thrownAway = 0
  const lines: unknown[] = []
  warmup.log.warn = (fields: object, words?: string) => {
    lines.push(fields)
    if (words?.includes('was thrown away')) thrownAway += 1
  }
  const backend = createQueueBackend(world.config, warmup.log)
  const workers = startWorkers(world.runtime, backend, { kinds: TASK_KINDS, concurrency: 5, pollMs: 20 })
  return {
    dispatch: workers.dispatcher.dispatch,
    thrownAway: () => thrownAway,
    lines,
    close: () => workers.close().then(backend.close),
  }
}

describe.each(BACKENDS)('a job that somebody else has put into the queue on %s', (backend) => {
  test('is thrown away with one line that does not repeat it, changes nothing, and our own jobs go on', async () => {
    await using world = await openWorld({ backend })
    const { id } = await world.connect('anna@example.com', { kind: 'pool' })
    const { db, warmup } = world.runtime
    const { queue, close } = await reachQueue(world)
    const workers = workersOf(world)
    const handout = { taskId: 1, kind: KIND, handout: 1 }
    const nearly = [
      { ...handout, kind: 'send' },
      { ...handout, kind: '__proto__' },
      { ...handout, taskId: '1' },
      { ...handout, taskId: 1.5 },
      { ...handout, taskId: -1 },
      { ...handout, taskId: 2 ** 63 },
      { ...handout, handout: 2 ** 31 },
      { ...handout, handout: null },
      [handout],
      { taskId: handout },
    ]
    // Neither store takes a NUL or half a character in JSON.
    const storable = (data: unknown) =>
      JSON.parse(JSON.stringify(data ?? null).replaceAll(/\\u(0000|d[89a-f]..)/gi, '?'))
    const samples = fc.sample(oddJson, { ...fuzzing(60) })
    const foreign = [...nearly, ...samples, { oauth_token: 'secret of another' }].map(storable)
    try {
      const before = await fingerprint(db, OWN_PACE)
      await queue.addBulk(foreign.map((data) => ({ name: KIND, data, opts: { attempts: 20 } })))
      await expect.poll(workers.thrownAway, { timeout: 20_000 }).toBe(foreign.length)
      expect(await fingerprint(db, OWN_PACE)).toEqual(before)
      expect(new Set(workers.lines.map((line) => JSON.stringify(line)))).toEqual(
        new Set(['{"kind":"check"}']),
      )

      await warmup.store.tasks.bringForward(id, 'check', world.clock.now())
      const due = () => warmup.store.tasks.nextDueAt(['check'])
      await workers.dispatch()
      await expect.poll(async () => ((await due()) ?? world.clock.now()) > world.clock.now()).toBe(true)
      expect(workers.thrownAway()).toBe(foreign.length)
    } finally {
      await workers.close()
      await close()
    }
  })

  test('opens no task that was not handed out, and none twice', async () => {
    await using world = await openWorld({ backend })
    await world.connect('anna@example.com', { kind: 'pool' })
    const { db } = world.runtime
    const { queue, close } = await reachQueue(world)
    const workers = workersOf(world)
    try {
      const before = await fingerprint(db, OWN_PACE)
      const guesses = Array.from({ length: 30 }, (_, i) => ({
        taskId: 1 + (i % 3),
        kind: KIND,
        handout: 1 + (i % 5),
      }))
      const jobs = await queue.addBulk(
        guesses.map((data) => ({ name: KIND, data, opts: { removeOnComplete: false } })),
      )
      const finished = async () => (await Promise.all(jobs.map((job) => job.isCompleted()))).every(Boolean)
      await expect.poll(finished, { timeout: 20_000 }).toBe(true)
      expect(await fingerprint(db, OWN_PACE)).toEqual(before)
    } finally {
      await workers.close()
      await close()
    }
  })
})

test.skipIf(!BACKENDS.includes('redis'))(
  'a job whose data is no JSON at all does not stop the workers',
  async () => {
    await using world = await openWorld({ backend: 'redis' })
    const { id } = await world.connect('anna@example.com', { kind: 'pool' })
    const { warmup } = world.runtime
    const { queue, redis, close } = await reachQueue(world)
    const job = await queue.add(KIND, {}, { delay: 3_600_000 })
    await redis?.hset(`bull:kindling-${KIND}:${job.id}`, 'data', '{"taskId":')
    await job.promote()
    const workers = workersOf(world)
    try {
      await warmup.store.tasks.bringForward(id, 'check', world.clock.now())
      await workers.dispatch()
      const due = () => warmup.store.tasks.nextDueAt(['check'])
      await expect
        .poll(async () => ((await due()) ?? world.clock.now()) > world.clock.now(), { timeout: 20_000 })
        .toBe(true)
    } finally {
      await workers.close()
      await close()
    }
  },
)
