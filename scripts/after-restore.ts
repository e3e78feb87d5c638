import { parseArgs } from 'node:util'
import { parseConfig, requireComplete } from '../src/config.ts'
import { adoptDatabase, isAnotherDatabase } from '../src/db/database-identity.ts'
import { GoogleError, OperatorError } from '../src/domain/errors.ts'
import { findDatabase } from '../src/find-database.ts'
import { interruption } from '../src/interruption.ts'
import { createLogger } from '../src/logger.ts'
import { runProcess } from '../src/process.ts'
import { createProgressBar } from '../src/progress-bar.ts'
import { createRuntime, migrate, startClock } from '../src/runtime.ts'
import { requireKeys } from '../src/start-checks.ts'
import { type CaughtUp, catchUp } from '../src/warmup/after-restore/catch-up.ts'

// After a backup was restored and before anything else is started: see docs/backup.md. Exit status: 0 workers may run,
// 2 they may not yet.

const USAGE = `usage: npm run after-restore -- [--files | --moved]
  --files  the files of the database were put back, which can't be seen from within it
  --moved  the database was moved while nothing ran: nothing was sent since`

if (process.argv.includes('--help')) {
  console.log(USAGE)
  process.exit()
}

await runProcess(async (process) => {
  const { environment, onStop } = process
  const options = parseOptions()
  const signal = interruption()
  const database = await findDatabase(process, 'kindling')
  const config = requireComplete(parseConfig({ ...environment, ...database }))
  // A backup may be of an older version.
  await migrate(config)
  const { clock, stop } = await startClock(config)
  onStop(stop)
  const runtime = createRuntime(config, clock, createLogger('silent'))
  onStop(runtime.close)
  await requireKeys(runtime)
  const { db, warmup } = runtime
  if (!options.files && !options.moved && !(await isAnotherDatabase(db)))
    throw new OperatorError(
      `this database is the one that workers ran on last, as far as can be seen from within: where its files were put back, say so\n${USAGE}`,
    )
  if (!options.moved) {
    const bar = createProgressBar((await warmup.store.accounts.all()).length)
    report(await catchUp(warmup, { signal, advance: bar.advance }).catch(explain).finally(bar.remove))
  }
  await adoptDatabase(db)
  console.log('Workers may run on this database now.')
})

function parseOptions(): { files: boolean; moved: boolean } {
  try {
    const { values } = parseArgs({ options: { files: { type: 'boolean' }, moved: { type: 'boolean' } } })
    const { files = false, moved = false } = values
    if (files && moved) throw new Error('expected --files or --moved, not both')
    return { files, moved }
  } catch (error) {
    throw new OperatorError(`${(error as Error).message}\n${USAGE}`)
  }
}

function explain(error: unknown): never {
  if (!(error instanceof GoogleError)) throw error
  throw new OperatorError(`Google can’t be asked now (${error.message}): run this again`)
}

function report({ sent, replies, unknown, closed }: CaughtUp): void {
  console.log(`Sent since the backup, and known again: ${sent} planned mails, ${replies} answers.`)
  if (unknown > 0) console.log(`Nobody can say of ${unknown} mails: they are on the page of unknown sends.`)
  if (closed.length > 0)
    console.log(
      `Connect these again, their mailboxes are closed to us (what they were to send is unknown now): ${closed.join(', ')}`,
    )
  console.log('Every account sends again from its next day on.')
}
