import type { Handout, TaskKind } from '../domain/task.ts'
import type { QueueBackend } from '../queue/backend.ts'

export type WatchedQueue = QueueBackend & {
  /** Jobs that are queued or run. */
  inHand(): number
}

/** A queue that tells what becomes of each of its jobs: `ended` is what the run resolved with, after `ms`. */
export function watchedQueue(
  backend: QueueBackend,
  onEnd: (handout: Handout, ended: unknown, ms: number) => void,
): WatchedQueue {
  let inHand = 0
  return {
    ...backend,
    inHand: () => inHand,
    queue(kind: TaskKind) {
      const queue = backend.queue(kind)
      return {
        addBulk(jobs) {
          inHand += jobs.length
          return queue.addBulk(jobs)
        },
        close: () => queue.close(),
      }
    },
    worker: (kind, process, concurrency) =>
      backend.worker(
        kind,
        async (data) => {
          const startedAt = performance.now()
          let ended: unknown = 'broke'
          try {
            ended = await process(data)
          } finally {
            inHand -= 1
            onEnd(data as Handout, ended, performance.now() - startedAt)
          }
        },
        concurrency,
      ),
  }
}
