import { requireComplete } from '../src/config.ts'
import { wallClock } from '../src/domain/clock.ts'
import { withInstance } from '../src/embedded/instance.ts'
import { createLogger } from '../src/logger.ts'
import { runProcess } from '../src/process.ts'
import { createRuntime, requireKeys, requireStores } from '../src/runtime.ts'

// Seals every stored token with the first of TOKEN_ENCRYPTION_KEYS, beside running processes; a second run goes on
// where one was stopped. Exit status: 0 no token has an older key, 1 some still have.

const BATCH = 100

await runProcess(async ({ config: partial, onStop }) => {
  const config = requireComplete(partial)
  await requireStores(config)
  const runtime = createRuntime(config, wallClock, createLogger('silent'))
  onStop(runtime.close)
  await requireKeys(runtime)
  const { tokenKeys } = runtime.warmup.store

  const before = await tokenKeys.inUse()
  const total = [...before].reduce((sum, [id, tokens]) => sum + (id === tokenKeys.newest ? 0 : tokens), 0)
  let renewed = 0
  for (let batch = await tokenKeys.renew(0, BATCH); batch; batch = await tokenKeys.renew(batch.last, BATCH)) {
    renewed += batch.renewed
    showProgress(renewed, total)
  }

  const after = await tokenKeys.inUse()
  console.log(`Sealed ${renewed} tokens with the key ${tokenKeys.newest}.`)
  for (const [id, tokens] of after)
    console.log(`${id}  ${tokens} tokens${id === tokenKeys.newest ? '  (the first key)' : ''}`)
  const older = [...after.keys()].filter((id) => id !== tokenKeys.newest)
  if (older.length > 0) {
    console.log(
      'Some tokens were refreshed meanwhile by a process with an older first key: restart it, then run this again.',
    )
    process.exitCode = 1
  } else if (config.TOKEN_ENCRYPTION_KEYS.length > 1) {
    console.log('No token needs the other keys any more: take them out of TOKEN_ENCRYPTION_KEYS and restart.')
  }
}, withInstance)

function showProgress(done: number, total: number) {
  if (!process.stdout.isTTY) return
  const width = 40
  const filled = Math.round((done / Math.max(total, 1)) * width)
  process.stdout.write(`\r${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${done} of ${total}`)
  if (done === total) process.stdout.write('\n')
}
