import type { TaskKind } from './domain/task.ts'
import { runProcess } from './process.ts'
import { openParts, pollInterval, requireSameDatabase, startWorkers } from './runtime.ts'

/** A process that works on some kinds of task, on as many of each at once as WORKER_CONCURRENCY says. */
export function runWorkerProcess(kinds: readonly TaskKind[]): Promise<void> {
  return runProcess(async (process) => {
    const { config, runtime, backend } = await openParts(process)
    await requireSameDatabase(runtime)
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
