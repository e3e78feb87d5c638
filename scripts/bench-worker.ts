import { profiled } from '../src/bench/profile.ts'
import { followRun } from '../src/bench/run-figures.ts'
import { watchedQueue } from '../src/bench/watched-queue.ts'
import type { RunOrder } from '../src/bench/worker-process.ts'
import { requireComplete } from '../src/config.ts'
import type { Clock } from '../src/domain/clock.ts'
import { TASK_KINDS } from '../src/domain/task.ts'
import { runProcess } from '../src/process.ts'
import { openQueue } from '../src/rehearsal/own-queue.ts'
import { createRuntime, pollInterval } from '../src/runtime.ts'
import { startWorkers } from '../src/start-workers.ts'

// A worker process as `npm run workers` starts one, in a time that moves on whenever there is little left to do, so that
// what is due later need not be waited for. `npm run bench` starts it and says over the channel what it is to run.

const MOST_COMPLAINTS = 5
/** Time moves on at each look for due tasks: in production’s pace it would come too seldom to keep a worker busy. */
const FEED_MS = 50

await runProcess(
  async ({ config: partial, log, onStop }) => {
    const config = requireComplete(partial)
    complain(log)
    let time: number | null = null
    const clock: Clock = { now: () => new Date(time ?? Date.now()) }
    const runtime = createRuntime(config, clock, log)
    onStop(runtime.close)
    let order: RunOrder | null = null
    let run: ReturnType<typeof followRun> | null = null
    const queue = watchedQueue(openQueue(config, log), (handout, ended, ms) => run?.ended(handout, ended, ms))
    onStop(queue.close)

    const { tasks } = runtime.warmup.store
    const handOut = tasks.handOut
    tasks.handOut = async (wanted) => {
      const handouts = await handOut(wanted)
      if (order && time !== null && queue.inHand() + handouts.length < order.hungryBelow) time += order.stepMs
      return handouts
    }
    const workers = startWorkers(runtime, queue, {
      kinds: TASK_KINDS,
      concurrency: config.WORKER_CONCURRENCY,
      pollMs: pollInterval(config),
    })
    onStop(workers.close)
    let isStarted = false

    process.on('message', async (message: RunOrder) => {
      order = message
      time = order.start
      const feed = () => void workers.dispatcher.dispatch().catch(() => {})
      const feeding = message.stepMs > 0 ? setInterval(feed, FEED_MS) : undefined
      const figures = await profiled(order.profile, () => {
        run = followRun(message)
        if (!isStarted) workers.dispatcher.start()
        isStarted = true
        return run.over
      })
      clearInterval(feeding)
      order = null
      process.send?.(figures)
    })
    process.on('disconnect', () => process.exit())
    process.send?.('ready')
    return 'keeps running'
  },
  ({ BENCH_SETTINGS = '{}' }) => JSON.parse(BENCH_SETTINGS),
)

/** Its log goes nowhere; what went wrong is told all the same, the first times. */
function complain(log: { warn: unknown; error: unknown }): void {
  let told = 0
  // Where everything is stopped at once, the queue may be gone before its worker.
  process.once('SIGTERM', () => {
    told = MOST_COMPLAINTS
  })
  for (const level of ['warn', 'error'] as const) {
    log[level] = (fields: object, words: string) => {
      told += 1
      if (told <= MOST_COMPLAINTS) console.error(words, fields)
    }
  }
}
