import type { Queue, Telemetry } from 'bullmq'
import type { QueueFigures } from '../domain/figures.ts'
import { isForeignQueue } from '../domain/queue-name.ts'
import { TASK_KINDS, type TaskKind } from '../domain/task.ts'
import type { QueueBackend } from './backend.ts'

export type BackendOptions = {
  /** Traces what is queued and run. */
  telemetry?: Telemetry | undefined
}

const STALLED_AFTER_MS = 30_000
export const queueOptions = { skipMetasUpdate: true }
// The database key of a task is the guard against doing it twice; a job that BullMQ delivers again is void.
export const workerOptions = {
  maxStalledCount: 3,
  stalledInterval: STALLED_AFTER_MS,
  lockDuration: STALLED_AFTER_MS,
}

export const traced = (telemetry: Telemetry | undefined) => (telemetry ? { telemetry } : {})

/** Whoever reads the queue may fail for some hours; what has ended is kept to be looked at, and not for ever. */
const FOREIGN_JOB = {
  attempts: 12,
  backoff: { type: 'exponential', delay: 5000 },
  removeOnComplete: { age: 86_400 },
  removeOnFail: { age: 30 * 86_400 },
}

export type ForeignQueue = Pick<Queue, 'add'>
export type CountedQueue = Pick<Queue, 'getJobCounts'>

export function handingOver(open: (name: string) => ForeignQueue): QueueBackend['handOver'] {
  const queues = new Map<string, ForeignQueue>()
  return async (name, id, data) => {
    if (!isForeignQueue(name)) throw new Error(`“${name}” is no name for a queue of others`)
    const queue = queues.get(name) ?? open(name)
    queues.set(name, queue)
    await queue.add('email.received', data, { jobId: id, ...FOREIGN_JOB })
  }
}

/** The queues that are only looked at are opened when they first are. They share the backend's connection, and end with it. */
export function counting(open: (kind: TaskKind) => CountedQueue): () => Promise<QueueFigures> {
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

export function listening<T extends { on(event: 'error', listener: (error: Error) => void): unknown }>(
  emitter: T,
  onError: (error: Error) => void,
): T {
  emitter.on('error', onError)
  return emitter
}
