import { runProcess } from '../src/process.ts'
import { openParts } from '../src/runtime.ts'
import { signInLink, startWeb } from '../src/web-server.ts'

await runProcess(async (process) => {
  const { config, runtime, backend } = await openParts(process, { counts: () => true })
  const web = await startWeb(config, runtime, backend)
  process.onStop(web.close)
  process.log.info({ url: config.BASE_URL }, 'the web server listens')
  if (!config.OPERATOR_PASSWORD) console.log(`Sign in once with ${await signInLink(config, runtime)}`)
  return 'keeps running'
})
