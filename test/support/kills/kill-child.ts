import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { parseConfig, requireComplete } from '../../../src/config.ts'
import { TASK_KINDS } from '../../../src/domain/task.ts'
import { createLogger } from '../../../src/logger.ts'
import { createStillClock } from '../../../src/rehearsal/still-clock.ts'
import { createQueueBackend, createRuntime } from '../../../src/runtime.ts'
import { startWorkers, type Workers } from '../../../src/start-workers.ts'

/** All workers in a process of its own; each line of standard input is a time at which it hands out what is due. */
const config = requireComplete(parseConfig(process.env))
const log = createLogger(config.LOG_LEVEL)
const clock = createStillClock(new Date(0))
const runtime = createRuntime(config, clock, log)
// What BullMQ does for itself is no effect of ours: it goes to the database by the straight way.
const backend = createQueueBackend({ ...config, DATABASE_URL: process.env.QUEUE_DATABASE_URL as string }, log)
// None before it is told to: the process whose place it takes would lose its jobs to it.
let workers: Workers | undefined

const orders = createInterface({ input: process.stdin })
orders.on('line', async (time) => {
  clock.moveTo(new Date(time))
  workers ??= startWorkers(runtime, backend, { kinds: TASK_KINDS, concurrency: 1, pollMs: 1000 })
  console.log(await workers.dispatcher.dispatch())
})
console.log('ready')
await once(orders, 'close')
await workers?.close()
await backend.close()
await runtime.close()
