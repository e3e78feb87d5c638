import type { Queue } from 'bullmq'
import type { QueueFigures } from '../domain/figures.ts'
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
  /** Gives the operator's own workers a job, in a queue that they read. The same id makes no second one while the first is there. */
  handOver(queue: string, id: string, data: object): Promise<void>
  /** Rejects where the store does not answer, or has no tables for jobs. */
  ping(): Promise<void>
  /** How many jobs of each kind wait, and how many are being run. */
  counts(): Promise<QueueFigures>
  close(): Promise<void>
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
