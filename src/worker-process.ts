import { requireComplete } from './config.ts'
import type { TaskKind } from './domain/task.ts'
import { runProcess } from './process.ts'
import { createQueueBackend, createRuntime, pollInterval, startClock, startWorkers } from './runtime.ts'

/** A process that works on some kinds of task, on as many of them at once as WORKER_CONCURRENCY says. */
export function runWorkerProcess(kinds: readonly TaskKind[]): Promise<void> {
  return runProcess(async (process) => {
    const config = requireComplete(process.config)
    const { log, onStop } = process
    const { clock, stop } = await startClock(config)
    onStop(stop)
    const runtime = createRuntime(config, clock, log)
    onStop(runtime.close)
    const backend = createQueueBackend(config, log)
    onStop(backend.close)
    const workers = startWorkers(runtime, backend, {
      kinds,
      concurrency: config.WORKER_CONCURRENCY,
      pollMs: pollInterval(config),
    })
    onStop(workers.close)
    workers.dispatcher.start()
    log.info({ kinds, queue: backend.kind }, 'workers are running')
    return 'keeps running'
  })
}
