import { createPostgresBackend, Queue, runMigrations, Worker, withBackend } from 'bullmq'
import { Redis } from 'ioredis'
import pg from 'pg'
import type { Handout, TaskKind } from '../domain/task.ts'

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
  /** Rejects where the store does not answer. */
  ping(): Promise<void>
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

/** @param prefix of its keys; who uses another one shares no job */
export function redisBackend(url: string, onError: (error: Error) => void, prefix = 'bull'): QueueBackend {
  // BullMQ's workers block on their connection, so it may not give up a command after some retries.
  const connection = new Redis(url, { maxRetriesPerRequest: null })
  connection.on('error', onError)
  return {
    kind: 'redis',
    queue: (kind) =>
      listening(new Queue<Handout>(queueName(kind), { connection, prefix, ...options }), onError),
    worker: (kind, process, concurrency) =>
      listening(
        new Worker<Handout>(queueName(kind), (job) => process(job.data), {
          connection,
          prefix,
          concurrency,
          ...workerOptions,
        }),
        onError,
      ),
    async ping() {
      await connection.ping()
    },
    async close() {
      await connection.quit()
    },
  }
}

export function postgresBackend(url: string, onError: (error: Error) => void): QueueBackend {
  // Each worker keeps one connection to listen on; the rest are for short statements.
  const connection = new pg.Pool({ connectionString: url, max: 12, options: '-c search_path=bullmq' })
  connection.on('error', onError)
  // Every queue and worker adds a listener of its own to the pool.
  connection.setMaxListeners(50)
  const bullmq = withBackend(createPostgresBackend)
  return {
    kind: 'postgres',
    queue(kind) {
      const queue = listening(new bullmq.Queue<Handout>(queueName(kind), { connection, ...options }), onError)
      return {
        // Postgres plans BullMQ's statement for many jobs anew each time, for 4 to 8 ms; that for a single one takes 2 ms.
        addBulk: async (jobs) => {
          const [only] = jobs
          return only && jobs.length === 1
            ? [await queue.add(only.name, only.data, only.opts)]
            : queue.addBulk(jobs)
        },
        close: () => queue.close(),
      }
    },
    worker: (kind, process, concurrency) =>
      listening(
        new bullmq.Worker<Handout>(queueName(kind), (job) => process(job.data), {
          connection,
          concurrency,
          ...workerOptions,
        }),
        onError,
      ),
    async ping() {
      await connection.query('select 1')
    },
    close: () => connection.end(),
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

function queueName(kind: TaskKind): string {
  return `kindling-${kind}`
}

function listening<T extends { on(event: 'error', listener: (error: Error) => void): unknown }>(
  emitter: T,
  onError: (error: Error) => void,
): T {
  emitter.on('error', onError)
  return emitter
}
