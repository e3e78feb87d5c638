import type { QueueBackend } from '../queue/backend.ts'

export type CountedQueue = QueueBackend & {
  /** Waits until every job that was queued has been run. */
  drained(): Promise<void>
  /** How many jobs have been run so far. */
  runs(): number
}

/**
 * A queue that knows which of its jobs are still to be run, so that nobody has to ask the database whether all is quiet.
 * Of the jobs that were queued together the plans run first: what a plan sees does not depend on who was quicker.
 */
export function countedQueue(backend: QueueBackend): CountedQueue {
  const jobs = createTally()
  const plans = createTally()
  let runs = 0
  return {
    ...backend,
    queue(kind) {
      const queue = backend.queue(kind)
      return {
        addBulk(added) {
          jobs.begin(added.length)
          if (kind === 'plan') plans.begin(added.length)
          return queue.addBulk(added)
        },
        close: () => queue.close(),
      }
    },
    worker: (kind, process, concurrency) =>
      backend.worker(
        kind,
        async (handout) => {
          if (kind !== 'plan') await plans.over()
          await process(handout).finally(() => {
            runs += 1
            if (kind === 'plan') plans.end()
            jobs.end()
          })
        },
        concurrency,
      ),
    drained: () => jobs.over(),
    runs: () => runs,
  }
}

/** Counts what has begun and not ended. */
function createTally() {
  let open = 0
  let waiting: (() => void)[] = []
  return {
    begin(count: number) {
      open += count
    },
    end() {
      open -= 1
      if (open > 0) return
      for (const resolve of waiting) resolve()
      waiting = []
    },
    over: () => (open === 0 ? Promise.resolve() : new Promise<void>((resolve) => void waiting.push(resolve))),
  }
}
