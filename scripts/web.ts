import { requireComplete } from '../src/config.ts'
import { runProcess } from '../src/process.ts'
import { createQueueBackend, createRuntime, startClock } from '../src/runtime.ts'
import { signInLink, startWeb } from '../src/web-server.ts'

await runProcess(async (process) => {
  const config = requireComplete(process.config)
  const { log, onStop } = process
  const { clock, stop } = await startClock(config)
  onStop(stop)
  const runtime = createRuntime(config, clock, log)
  onStop(runtime.close)
  const backend = createQueueBackend(config, log)
  onStop(backend.close)
  const web = await startWeb(config, runtime, backend)
  onStop(web.close)
  log.info({ url: config.BASE_URL }, 'the web server listens')
  if (!config.OPERATOR_PASSWORD) console.log(`Sign in once with ${await signInLink(config, runtime)}`)
  return 'keeps running'
})
