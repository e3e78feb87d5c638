import type { Logger } from '../logger.ts'

export type Held = { signal: AbortSignal; release(): void }
export type LeaseKeeper = {
  hold(taskId: number, owner: string): Held
  /** Tells every run to stop where it is, and every later one: what it asks of Google is cut off, its task handed back. */
  interrupt(): void
  /** Of the runs that hold a lease. */
  owners(): string[]
  stop(): void
}

/**
 * Renews the leases of all tasks that run in this process, in one statement a beat. A run whose lease was lost is told
 * so by its signal: somebody else may be doing its work by now.
 */
export function createLeaseKeeper(options: {
  renew: (held: { taskId: number; owner: string }[]) => Promise<number[]>
  beatMs: number
  log: Logger
}): LeaseKeeper {
  const { renew, beatMs, log } = options
  const held = new Map<number, { owner: string; controller: AbortController }>()
  let interruption: Error | undefined

  const timer = setInterval(async () => {
    if (held.size === 0) return
    const asked = [...held].map(([taskId, { owner }]) => ({ taskId, owner }))
    try {
      const kept = new Set(await renew(asked))
      for (const { taskId, owner } of asked) {
        const run = held.get(taskId)
        if (run?.owner === owner && !kept.has(taskId))
          run.controller.abort(new Error('the task’s lease was lost'))
      }
    } catch (err) {
      log.warn({ err }, 'leases could not be renewed; they will be at the next beat')
    }
  }, beatMs)
  timer.unref()

  return {
    hold(taskId, owner) {
      const run = { owner, controller: new AbortController() }
      held.get(taskId)?.controller.abort(new Error('the task was taken over'))
      held.set(taskId, run)
      if (interruption) run.controller.abort(interruption)
      return {
        signal: run.controller.signal,
        release: () => {
          if (held.get(taskId) === run) held.delete(taskId)
        },
      }
    },
    interrupt() {
      interruption = new Error('the process is stopping')
      for (const { controller } of held.values()) controller.abort(interruption)
    },
    owners: () => [...held.values()].map(({ owner }) => owner),
    stop: () => clearInterval(timer),
  }
}
