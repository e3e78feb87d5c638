import type { QueueBackend } from '../../src/queue/backend.ts'

export type CountedQueue = QueueBackend & {
  /** Waits until every job that was queued has been run. */
  drained(): Promise<void>
}

/** A queue that knows how many of its jobs are still to be run: whoever waits for them need not ask again and again. */
export function countedQueue(backend: QueueBackend): CountedQueue {
  let open = 0
  let waiting: (() => void)[] = []

  function end() {
    open -= 1
    if (open > 0) return
    for (const resolve of waiting) resolve()
    waiting = []
  }

  return {
    ...backend,
    queue(kind) {
      const queue = backend.queue(kind)
      return {
        addBulk(jobs) {
          open += jobs.length
          return queue.addBulk(jobs)
        },
        close: () => queue.close(),
      }
    },
    worker: (kind, process, concurrency) =>
      backend.worker(kind, (handout) => process(handout).finally(end), concurrency),
    drained: () => (open === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  }
}
