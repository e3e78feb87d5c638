import { requireComplete } from '../src/config.ts'
import { runProcess } from '../src/process.ts'
import { migrate } from '../src/runtime.ts'

await runProcess(async ({ config, log }) => {
  await migrate(requireComplete(config))
  log.info('database and queue are up to date')
})
