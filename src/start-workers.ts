import { setTimeout as delay } from 'node:timers/promises'
import { wordsOf } from './domain/errors.ts'
import type { Handout, TaskKind } from './domain/task.ts'
import { mailTakers } from './mail-takers.ts'
import type { QueueBackend } from './queue/backend.ts'
import { createDispatcher, type Dispatcher } from './queue/dispatcher.ts'
import { createLeaseKeeper } from './queue/lease-keeper.ts'
import { onlyHandouts } from './queue/only-handouts.ts'
import { createRuns } from './queue/runs.ts'
import { stopRuns } from './queue/stop-runs.ts'
import type { Runtime } from './runtime.ts'
import { runTask, TASK_LEASE_SECONDS } from './warmup/run-task.ts'

/** How often workers tell each other what they know of Google. */
const GOOGLE_BEAT_MS = 2000
/** How many tasks may be in the queue's hands at once, over all processes. */
const HANDOUT_WINDOW = 1000
/** How long a stop then waits for the queue's store, which may be away. */
const FAREWELL_MS = 1000

export type Workers = { dispatcher: Dispatcher; close(): Promise<void> }

/**
 * A worker for each kind of task, and a dispatcher that feeds them. After `close` none begins; those that run end, or hand
 * their tasks back (see stopRuns).
 */
export function startWorkers(
  { warmup, telemetry: { traces } }: Pick<Runtime, 'warmup' | 'telemetry'>,
  backend: QueueBackend,
  options: { kinds: readonly TaskKind[]; concurrency: number; pollMs: number },
): Workers {
  const { store, clock, notifier, log } = warmup
  const { kinds } = options
  // The queue, through which mail may be handed on, is opened after what runs on it.
  warmup.takers = mailTakers(notifier, backend)
  const leases = createLeaseKeeper({
    renew: (held) => store.tasks.renew(held, TASK_LEASE_SECONDS),
    beatMs: (TASK_LEASE_SECONDS * 1000) / 4,
    log,
  })
  const runs = createRuns()
  const run = (handout: Handout) => {
    const work = () => runTask(warmup, handout, leases.hold)
    return runs
      .begin<unknown>(traces ? () => traces.run(handout, work) : work, () => store.tasks.decline(handout))
      .catch((err: unknown) => {
        log.warn({ ...handout, err }, 'a task could not be run; it is handed out again after its lease')
        // BullMQ keeps and traces the words of an error: a failed query's would name its parameters.
        throw new Error(wordsOf(err))
      })
  }
  const workers = kinds.map((kind) =>
    // Plans are made one after the other anyway: many at once would only hold database connections while they wait.
    backend.worker(kind, onlyHandouts(kind, run, log), kind === 'plan' ? 1 : options.concurrency),
  )
  const dispatcher = createDispatcher({
    backend,
    kinds,
    handOut: (wanted) =>
      store.tasks.handOut({
        kinds: wanted,
        now: clock.now(),
        window: HANDOUT_WINDOW,
        leaseSeconds: TASK_LEASE_SECONDS,
      }),
    pollMs: options.pollMs,
    log,
  })
  const beat = warmup.google.start(GOOGLE_BEAT_MS)
  return {
    dispatcher,
    async close() {
      const closed = Promise.all([dispatcher.stop(), ...workers.map((worker) => worker.close())]).catch(
        (err: unknown) => log.warn({ err }, 'the queue was not closed in order'),
      )
      await stopRuns(runs, leases, store.tasks.handBack)
      leases.stop()
      await Promise.race([closed, delay(FAREWELL_MS, undefined, { ref: false })])
      await beat.stop()
    },
  }
}
