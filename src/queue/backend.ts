import { setTimeout as delay } from 'node:timers/promises'
import { createPostgresBackend, Queue, runMigrations, type Telemetry, Worker, withBackend } from 'bullmq'
import { Redis } from 'ioredis'
import pg from 'pg'
import type { QueueFigures } from '../domain/figures.ts'
import { isForeignQueue, queueName } from '../domain/queue-name.ts'
import { type Handout, TASK_KINDS, type TaskKind } from '../domain/task.ts'
import { openPool } from './pool.ts'
import { type Standing, standing } from './standing.ts'

/** What BullMQ carries for one kind of task. */
export type JobQueue = Pick<Queue<Handout>, 'addBulk' | 'close'>
export type JobWorker = { close(): Promise<void> }
/** Is given what a job carries: anything, as others may write into the store too. */
export type JobProcessor = (data: unknown) => Promise<unknown>

/** BullMQ on one of its two stores. A worker waits for its running jobs when it is closed. */
export type QueueBackend = {
  kind: 'redis' | 'postgres'
  queue(kind: TaskKind): JobQueue
  worker(kind: TaskKind, process: JobProcessor, concurrency: number): JobWorker
  /** Gives the operator's own workers a job, in a queue that they read. The same id makes no second one while the first is there. */
  handOver(queue: string, id: string, data: object): Promise<void>
  /** Rejects where the store does not answer, or has no tables for jobs. */
  ping(): Promise<void>
  /** How many jobs of each kind wait, and how many are being run. */
  counts(): Promise<QueueFigures>
  close(): Promise<void>
}

const STALLED_AFTER_MS = 30_000
const options = { skipMetasUpdate: true }
// The database key of a task is the guard against doing it twice; a job that BullMQ delivers again is void.
const workerOptions = {
  maxStalledCount: 3,
  stalledInterval: STALLED_AFTER_MS,
  lockDuration: STALLED_AFTER_MS,
}

/** How long a store that is away is waited for at the end. */
const FAREWELL_MS = 1000

type BackendOptions = {
  /** Traces what is queued and run. */
  telemetry?: Telemetry | undefined
}

/** @param more.prefix of its keys; who uses another one shares no job */
export function redisBackend(
  url: string,
  onError: (error: Error) => void,
  more: BackendOptions & { prefix?: string } = {},
): QueueBackend {
  const { prefix = 'bull', telemetry } = more
  // BullMQ's workers block on their connection, so it may not give up a command after some retries.
  const connection = new Redis(url, { maxRetriesPerRequest: null })
  connection.on('error', onError)
  const open = (kind: TaskKind) =>
    listening(
      new Queue<Handout>(queueName(kind), { connection, prefix, ...options, ...traced(telemetry) }),
      onError,
    )
  return {
    kind: 'redis',
    queue: open,
    worker: (kind, process, concurrency) =>
      listening(
        new Worker<Handout>(queueName(kind), (job) => process(job.data), {
          connection,
          prefix,
          concurrency,
          ...workerOptions,
          ...traced(telemetry),
        }),
        onError,
      ),
    handOver: handingOver((name) => listening(new Queue(name, { connection, prefix, ...options }), onError)),
    async ping() {
      await connection.ping()
    },
    counts: counting(open),
    async close() {
      if (connection.status === 'ready') await Promise.race([connection.quit(), delay(FAREWELL_MS)])
      connection.disconnect()
    },
  }
}

export function postgresBackend(
  url: string,
  onError: (error: Error) => void,
  { telemetry }: BackendOptions = {},
): QueueBackend {
  const workers: Standing<JobWorker>[] = []
  const connection = openPool(url, (failure) => {
    onError(failure)
    for (const worker of workers) worker.renew()
  })
  const bullmq = withBackend(createPostgresBackend)
  const ping = () => connection.query('select from job limit 0')
  const openQueue = (name: string, more: BackendOptions = {}): ForeignQueue & JobQueue & CountedQueue => {
    const queue = standing(
      () => listening(new bullmq.Queue(name, { connection, ...options, ...traced(more.telemetry) }), onError),
      ping,
    )
    return {
      add: (...job) => queue.now().add(...job),
      // Postgres plans BullMQ's statement for many jobs anew each time, for 4 to 8 ms; that for a single one takes 2 ms.
      addBulk: async (jobs) => {
        const [only] = jobs
        return only && jobs.length === 1
          ? [await queue.now().add(only.name, only.data, only.opts)]
          : queue.now().addBulk(jobs)
      },
      getJobCounts: (...states) => queue.now().getJobCounts(...states),
      close: queue.close,
    }
  }
  const open = (kind: TaskKind) => openQueue(queueName(kind), { telemetry })
  return {
    kind: 'postgres',
    queue: open,
    worker(kind, process, concurrency) {
      const work = (job: { data: Handout }) => process(job.data)
      const more = { connection, concurrency, ...workerOptions, ...traced(telemetry) }
      const worker = standing(
        () => listening(new bullmq.Worker<Handout>(queueName(kind), work, more), onError),
        ping,
      )
      workers.push(worker)
      return worker
    },
    handOver: handingOver(openQueue),
    async ping() {
      await ping()
    },
    counts: counting(open),
    close: () => connection.end(),
  }
}

/** Whoever reads the queue may fail for some hours; what has ended is kept to be looked at, and not for ever. */
const FOREIGN_JOB = {
  attempts: 12,
  backoff: { type: 'exponential', delay: 5000 },
  removeOnComplete: { age: 86_400 },
  removeOnFail: { age: 30 * 86_400 },
}

type ForeignQueue = Pick<Queue, 'add'>
type CountedQueue = Pick<Queue, 'getJobCounts'>

function handingOver(open: (name: string) => ForeignQueue): QueueBackend['handOver'] {
  const queues = new Map<string, ForeignQueue>()
  return async (name, id, data) => {
    if (!isForeignQueue(name)) throw new Error(`“${name}” is no name for a queue of others`)
    const queue = queues.get(name) ?? open(name)
    queues.set(name, queue)
    await queue.add('email.received', data, { jobId: id, ...FOREIGN_JOB })
  }
}

/** Rejects where no Redis answers at once. */
export async function tryRedis(url: string): Promise<void> {
  const redis = new Redis(url, {
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    retryStrategy: null,
    connectTimeout: 5000,
  })
  // What went wrong is only told to listeners; the call itself is rejected with a closed connection.
  let cause: Error | undefined
  redis.on('error', (error) => {
    cause = error
  })
  try {
    await redis.connect()
    await redis.ping()
  } catch (error) {
    throw cause ?? error
  } finally {
    redis.disconnect()
  }
}

/** Makes BullMQ's own tables, in the schema `bullmq` of the same database. */
export async function migratePostgresBackend(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await runMigrations(client as never)
  } finally {
    await client.end()
  }
}

/** The job of a handout. Its id keeps one handing-out from being queued twice. */
export function jobOf(handout: Handout) {
  return {
    name: handout.kind,
    data: handout,
    opts: {
      jobId: `${handout.kind}-${handout.taskId}-${handout.handout}`,
      attempts: 1,
      removeOnComplete: true,
      removeOnFail: true,
    },
  }
}

/** The queues that are only looked at are opened when they first are. They share the backend's connection, and end with it. */
function counting(open: (kind: TaskKind) => CountedQueue): () => Promise<QueueFigures> {
  let queues: { kind: TaskKind; queue: CountedQueue }[] | undefined
  return () => {
    queues ??= TASK_KINDS.map((kind) => ({ kind, queue: open(kind) }))
    return Promise.all(
      queues.map(async ({ kind, queue }) => {
        const { waiting = 0, active = 0 } = await queue.getJobCounts('waiting', 'active')
        return { kind, waiting, active }
      }),
    )
  }
}

const traced = (telemetry: Telemetry | undefined) => (telemetry ? { telemetry } : {})

function listening<T extends { on(event: 'error', listener: (error: Error) => void): unknown }>(
  emitter: T,
  onError: (error: Error) => void,
): T {
  emitter.on('error', onError)
  return emitter
}
