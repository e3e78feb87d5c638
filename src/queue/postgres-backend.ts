import { createPostgresBackend, runMigrations, withBackend } from 'bullmq'
import pg from 'pg'
import { queueName } from '../domain/queue-name.ts'
import type { Handout, TaskKind } from '../domain/task.ts'
import type { JobQueue, JobWorker, QueueBackend } from './backend.ts'
import {
  type BackendOptions,
  type CountedQueue,
  counting,
  type ForeignQueue,
  handingOver,
  listening,
  queueOptions,
  traced,
  workerOptions,
} from './on-bullmq.ts'
import { openPool } from './pool.ts'
import { type Standing, standing } from './standing.ts'

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
      () =>
        listening(
          new bullmq.Queue(name, { connection, ...queueOptions, ...traced(more.telemetry) }),
          onError,
        ),
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

/** Makes BullMQ's own tables, in the schema `bullmq` of the same database. */
export async function migratePostgresBackend(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  // Where it fails, its next statement does too, and tells why.
  client.on('error', () => {})
  await client.connect()
  try {
    await runMigrations(client as never)
  } finally {
    await client.end()
  }
}
