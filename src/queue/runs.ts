import { setTimeout as delay } from 'node:timers/promises'

/** What runs in this process. */
export type Runs = {
  /** Does the work; once no more may begin, what is to be done in its place. */
  begin<T>(work: () => Promise<T>, otherwise: () => Promise<T>): Promise<T>
  /** From then on none begins. */
  stop(): void
  /** Whether all that runs is over within so many milliseconds; resolves as soon as it is. */
  overWithin(ms: number): Promise<boolean>
}

export function createRuns(): Runs {
  const running = new Set<Promise<unknown>>()
  let stopped = false
  return {
    async begin(work, otherwise) {
      if (stopped) return otherwise()
      const run = work()
      running.add(run)
      try {
        return await run
      } finally {
        running.delete(run)
      }
    },
    stop() {
      stopped = true
    },
    async overWithin(ms) {
      const over = Promise.allSettled(running).then(() => true)
      const enough = new AbortController()
      const late = delay(ms, false, { signal: enough.signal }).catch(() => false)
      return Promise.race([over, late]).finally(() => enough.abort())
    },
  }
}
