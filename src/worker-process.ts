import type { TaskKind } from './domain/task.ts'
import { runProcess } from './process.ts'
import { openParts, pollInterval } from './runtime.ts'
import { requireSameDatabase } from './start-checks.ts'
import { startWorkers } from './start-workers.ts'
import { serveOwnMetrics } from './telemetry.ts'

/**
 * A process that works on some kinds of task, on as many of each at once as WORKER_CONCURRENCY says. It counts what it
 * does where METRICS_PORT is set.
 */
export function runWorkerProcess(kinds: readonly TaskKind[]): Promise<void> {
  return runProcess(async (process) => {
    const counts = ({ METRICS_PORT }: { METRICS_PORT?: number | undefined }) => METRICS_PORT !== undefined
    const { config, runtime, backend } = await openParts(process, { counts })
    await requireSameDatabase(runtime)
    const metrics = await serveOwnMetrics(config, runtime.telemetry)
    if (metrics) process.onStop(metrics.close)
    const workers = startWorkers(runtime, backend, {
      kinds,
      concurrency: config.WORKER_CONCURRENCY,
      pollMs: pollInterval(config),
    })
    process.onStop(workers.close)
    workers.dispatcher.start()
    process.log.info({ kinds, queue: backend.kind }, 'workers are running')
    return 'keeps running'
  })
}
