import { type CompleteConfig, requireComplete } from '../src/config.ts'
import type { KeyUse, Unopened } from '../src/db/key-use.ts'
import { wallClock } from '../src/domain/clock.ts'
import { withInstance } from '../src/embedded/instance.ts'
import { interruption } from '../src/interruption.ts'
import { createLogger } from '../src/logger.ts'
import { runProcess } from '../src/process.ts'
import { createProgressBar } from '../src/progress-bar.ts'
import { createRuntime, type Runtime } from '../src/runtime.ts'
import { requireKeys, requireStores } from '../src/start-checks.ts'

// Seals every stored secret with the first of TOKEN_ENCRYPTION_KEYS, beside running processes; a second run goes on
// where one was stopped. Exit status: 0 nothing has an older key, 1 something has, or does not open at all, 2 it could
// not be done.

const BATCH = 100
/** Of one column. */
const MOST_SHOWN = 100

type KeyUses = Runtime['warmup']['store']['keyUse']

await runProcess(async ({ config: partial, onStop }) => {
  const signal = interruption()
  const config = requireComplete(partial)
  await requireStores(config)
  const runtime = createRuntime(config, wallClock, createLogger('silent'))
  onStop(runtime.close)
  await requireKeys(runtime)
  const { keyUse } = runtime.warmup.store

  const { renewed, unopened } = await renewAll(keyUse, signal)
  console.log(`Sealed ${renewed} secrets with the key ${keyUse.newest}.`)
  const uses = await keyUse.inUse()
  for (const use of uses) console.log(lineOf(use, keyUse.newest))
  signal.throwIfAborted()

  const broken = [...unopened, ...(await keyUse.notSealed(MOST_SHOWN))]
  const older = sum(
    uses.filter(({ keyId, column, atHand }) => keyId !== keyUse.newest && (column.lasting || atHand)),
  )
  report(older - unopened.length, broken, config)
  if (older > 0 || broken.length > 0) process.exitCode = 1
}, withInstance)

async function renewAll(keyUse: KeyUses, signal: AbortSignal) {
  const uses = await keyUse.inUse()
  const bar = createProgressBar(sum(uses.filter(({ keyId, atHand }) => keyId !== keyUse.newest && atHand)))
  const unopened: Unopened[] = []
  let renewed = 0
  try {
    for (const column of keyUse.columns) {
      let batch = await keyUse.renew(column, null, BATCH)
      while (batch && !signal.aborted) {
        renewed += batch.renewed
        unopened.push(...batch.unopened)
        bar.advance(batch.renewed + batch.unopened.length)
        batch = await keyUse.renew(column, batch.last, BATCH)
      }
    }
  } finally {
    bar.remove()
  }
  return { renewed, unopened }
}

function sum(uses: readonly KeyUse[]): number {
  return uses.reduce((total, { secrets }) => total + secrets, 0)
}

function lineOf({ keyId, secrets, column, atHand }: KeyUse, newest: string): string {
  const which = keyId === newest ? '  (the first key)' : atHand ? '' : '  (not at hand)'
  return `${keyId}  ${column.name}  ${secrets}${which}`
}

function report(writtenMeanwhile: number, broken: readonly Unopened[], config: CompleteConfig) {
  if (broken.length > 0) {
    console.log('\nThese do not open, and were left as they are:')
    for (const { column, key, reason } of broken) console.log(`${column.name} of ${key}: ${reason}`)
    console.log('Connect such an account again; remove such a webhook and add it anew.')
  }
  if (writtenMeanwhile > 0)
    console.log(
      '\nSome secrets were written meanwhile by a process with another first key: restart it, then run this again.',
    )
  else if (broken.length === 0 && config.TOKEN_ENCRYPTION_KEYS.length > 1)
    console.log(
      '\nNothing needs the other keys any more: take them out of TOKEN_ENCRYPTION_KEYS and restart. Links to connect an account that were made with them then stop working: make them anew.',
    )
}
