import type { Handout, TaskKind } from '../domain/task.ts'
import type { Logger } from '../logger.ts'
import { type JobQueue, jobOf, type QueueBackend } from './backend.ts'

export type Dispatcher = {
  /** Hands over all that is due now; resolves with how many tasks that were. */
  dispatch(): Promise<number>
  start(): void
  stop(): Promise<void>
}

/** Hands due tasks from the database to the queue, again and again. Any number of processes may do so. */
export function createDispatcher(options: {
  backend: QueueBackend
  kinds: readonly TaskKind[]
  handOut: (kinds: readonly TaskKind[]) => Promise<Handout[]>
  /** Real milliseconds between two looks when nothing is due. */
  pollMs: number
  log: Logger
}): Dispatcher {
  const { backend, kinds, handOut, pollMs, log } = options
  const queues = new Map<TaskKind, JobQueue>(kinds.map((kind) => [kind, backend.queue(kind)]))
  let timer: NodeJS.Timeout | undefined
  let running: Promise<unknown> = Promise.resolve()
  let stopped = false

  async function dispatch(): Promise<number> {
    const handouts = await handOut(kinds)
    const byKind = Map.groupBy(handouts, ({ kind }) => kind)
    await Promise.all([...byKind].map(([kind, some]) => queues.get(kind)?.addBulk(some.map(jobOf))))
    return handouts.length
  }

  function loop() {
    running = dispatch()
      .catch((err: unknown) => {
        log.warn({ err }, 'due tasks could not be handed out; they will be at the next look')
        return 0
      })
      .then((count) => {
        if (!stopped) timer = setTimeout(loop, count > 0 ? Math.min(pollMs, 50) : pollMs)
      })
  }

  return {
    dispatch,
    start: loop,
    async stop() {
      stopped = true
      clearTimeout(timer)
      await running
      await Promise.all([...queues.values()].map((queue) => queue.close()))
    },
  }
}
