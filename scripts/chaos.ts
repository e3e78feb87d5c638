import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runChaos, type Verdict } from '../src/chaos/chaos.ts'
import { type MailFigures, mailText, sumOf, tallyText } from '../src/chaos/figures.ts'
import { commandOf, type Queue, readOptions, USAGE } from '../src/chaos/options.ts'
import { hasRedis } from '../src/chaos/own-redis.ts'
import { openStage } from '../src/chaos/stage.ts'
import { interruption } from '../src/interruption.ts'
import { type Process, runProcess } from '../src/process.ts'

// Worker processes at work, while they are killed and frozen, their stores restarted, their connections cut and Google
// fails in every way it can; then, whether nothing was lost and nothing doubled. Everything is its own: an embedded
// Postgres, a redis-server, a simulated Google. Exit status: 0 all is well, 1 it is not, 2 it could not be found out.

if (process.argv.includes('--help')) {
  console.log(USAGE)
  process.exit()
}

await runProcess(
  async (entry) => {
    const { minutes, seed, queues } = readOptions(process.argv.slice(2))
    const signal = interruption()
    const possible = queues.filter((queue) => queue !== 'redis' || hasRedis())
    if (possible.length < queues.length)
      console.log('There is no redis-server on this machine: nothing is said of the queue on Redis.')
    for (const queue of possible) {
      const each = minutes / possible.length
      const isWell = await inOwnFolder(entry, async (folder, onStop) => {
        const scripts = {
          sandbox: new URL('sandbox.ts', import.meta.url),
          worker: new URL('../workers/all.ts', import.meta.url),
        }
        const stage = await openStage({ queue, folder, scripts, log: entry.log, onStop })
        const lengthMs = each * 60_000
        const onProgress = createProgress(queue, lengthMs)
        const verdict = await runChaos(stage, { queue, seed, lengthMs, signal, onProgress })
        tell(queue, verdict)
        if (verdict.wrong.length > 0)
          console.log(
            `To run it again: ${commandOf({ minutes: each, seed, queue })}\nThe workers’ log: ${folder}`,
          )
        return verdict.wrong.length === 0
      })
      if (!isWell) process.exitCode = 1
    }
    if (possible.length === 0) process.exitCode = 2
  },
  // Nothing of the machine's own instance gets in.
  ({ LOG_LEVEL = 'silent' }) => ({ LOG_LEVEL }),
)

/** A folder that goes when all was well; what was opened is closed first. */
async function inOwnFolder(
  { onStop }: Process,
  work: (folder: string, onStop: (close: () => Promise<void>) => void) => Promise<boolean>,
): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'kindling-chaos-'))
  const closers: (() => Promise<void>)[] = []
  const close = async () => {
    for (const next of closers.splice(0).reverse()) await next()
  }
  onStop(close)
  const isWell = await work(folder, (closer) => closers.push(closer))
  await close()
  if (isWell) await rm(folder, { recursive: true, force: true })
  return isWell
}

/** A line that is written over on a terminal, and one every ten seconds elsewhere. */
function createProgress(queue: Queue, lengthMs: number): (mails: MailFigures) => void {
  const startedAt = performance.now()
  let next = 0
  return (mails) => {
    const seconds = (performance.now() - startedAt) / 1000
    const line = `${queue}, ${seconds.toFixed(0)} of ${(lengthMs / 1000).toFixed(0)} s: ${mailText(mails)}`
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`)
    else if (seconds >= next) {
      console.error(line)
      next = seconds + 10
    }
  }
}

function tell(queue: Queue, { mails, toll, refreshes, wrong }: Verdict): void {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  console.log(`The queue on ${queue}`)
  console.log(`  mails     ${mailText(mails)}`)
  console.log(`  refreshes ${refreshes.asked}, of which ${refreshes.lost} answers were lost`)
  console.log(`  done      ${tallyText(toll.done)}`)
  console.log(`  Google    ${sumOf(toll.struck)} requests struck: ${tallyText(toll.struck)}`)
  console.log(
    wrong.length === 0 ? '  verdict   nothing lost, nothing doubled' : `  WRONG     ${wrong.length}`,
  )
  for (const words of wrong) console.log(`    ${words}`)
}
