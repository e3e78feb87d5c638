import { requireComplete } from '../src/config.ts'
import { wallClock } from '../src/domain/clock.ts'
import { withInstance } from '../src/embedded/instance.ts'
import { runProcess } from '../src/process.ts'
import { createRuntime } from '../src/runtime.ts'
import { requireStores } from '../src/start-checks.ts'
import { signInLink } from '../src/web-server.ts'

await runProcess(async ({ config: partial, log, onStop }) => {
  const config = requireComplete(partial)
  await requireStores(config)
  const runtime = createRuntime(config, wallClock, log)
  onStop(runtime.close)
  console.log(await signInLink(config, runtime))
}, withInstance)
