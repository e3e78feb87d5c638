import { setTimeout as delay } from 'node:timers/promises'
import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { queueName } from '../domain/queue-name.ts'
import type { Handout, TaskKind } from '../domain/task.ts'
import type { QueueBackend } from './backend.ts'
import {
  type BackendOptions,
  counting,
  handingOver,
  listening,
  queueOptions,
  traced,
  workerOptions,
} from './on-bullmq.ts'

/** How long a store that is away is waited for at the end. */
const FAREWELL_MS = 1000

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
      new Queue<Handout>(queueName(kind), { connection, prefix, ...queueOptions, ...traced(telemetry) }),
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
    handOver: handingOver((name) =>
      listening(new Queue(name, { connection, prefix, ...queueOptions }), onError),
    ),
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
