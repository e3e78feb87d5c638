import { mkdir, open, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import postgres from 'postgres'
import { ownDatabase } from '../src/bench/own-database.ts'
import { printTable } from '../src/bench/table.ts'
import { OperatorError } from '../src/domain/errors.ts'
import { interruption } from '../src/interruption.ts'
import { type Process, runProcess } from '../src/process.ts'
import { createProgressBar } from '../src/progress-bar.ts'
import { readFigures } from '../src/rehearsal/figures.ts'
import { commandOf, fileNameOf, type RehearsalOptions, readOptions, USAGE } from '../src/rehearsal/options.ts'
import { rehearse, START } from '../src/rehearsal/rehearse.ts'
import { renderReport } from '../src/rehearsal/report.ts'
import { openStage } from '../src/rehearsal/stage.ts'
import { ACCOUNT_COLUMNS, accountRow, costText, totalsText } from '../src/rehearsal/words.ts'
import { migrate } from '../src/runtime.ts'

// The production code against the simulated Google, in simulated time: what a warmup of so many days would look like. The
// database is the embedded Postgres, or a new one on the server that TEST_DATABASE_URL names; the queue is in it, or in
// the Redis that REDIS_URL names. Exit status: 0 done, 2 it could not be.

if (process.argv.includes('--help')) {
  console.log(USAGE)
  process.exit()
}

await runProcess(
  async (entry) => {
    const options = readOptions(process.argv.slice(2))
    const signal = interruption()
    const out = options.out ?? join(resolve(entry.config.DATA_DIR), 'rehearsals', fileNameOf(options))
    await prepareFile(out)
    const { figures, cost } = await perform(entry, options, signal)
    await writeFile(out, await renderReport(figures, { command: commandOf(options), cost }))
    printTable([ACCOUNT_COLUMNS, ...figures.accounts.map(accountRow)])
    console.log(`\n${totalsText(figures.accounts)}\n${costText(cost)}\nReport: ${out}`)
  },
  // Nothing of the machine's own instance gets in but the place of its data, and a Redis.
  ({ TEST_DATABASE_URL, DATA_DIR, REDIS_URL, LOG_LEVEL = 'error' }) => ({
    DATABASE_URL: TEST_DATABASE_URL,
    DATA_DIR,
    REDIS_URL,
    LOG_LEVEL,
  }),
)

/** Found out before an hour is spent. */
async function prepareFile(out: string): Promise<void> {
  try {
    await mkdir(dirname(out), { recursive: true })
    await (await open(out, 'a')).close()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new OperatorError(`--out ${out}: expected a file that can be written (${code})`)
  }
}

async function perform(entry: Process, options: RehearsalOptions, signal: AbortSignal) {
  const { config, log, onStop } = entry
  const databaseUrl = await ownDatabase(config.DATABASE_URL, onStop)
  await forgetful(databaseUrl)
  await migrate({ DATABASE_URL: databaseUrl, REDIS_URL: config.REDIS_URL })
  const stage = await openStage({
    databaseUrl,
    redisUrl: config.REDIS_URL,
    seed: options.seed,
    start: START,
    log,
    onStop,
  })
  const startedAt = performance.now()
  const bar = createProgressBar(options.days)
  const { steps } = await rehearse(stage, options, { onDay: bar.advance, signal }).finally(bar.remove)
  const seconds = (performance.now() - startedAt) / 1000
  const calls = Object.values(stage.sandbox.control.callCounts())
  const refreshes = stage.sandbox.control.ledger().filter(({ kind }) => kind === 'refreshed').length
  const googleCalls = calls.reduce((sum, count) => sum + count, refreshes)
  return {
    figures: await readFigures(stage.runtime, options.days),
    cost: { seconds, runs: stage.queue.runs(), steps, googleCalls },
  }
}

/** The database goes when the rehearsal ends: no commit of its sessions has to wait for the disk. */
async function forgetful(databaseUrl: string): Promise<void> {
  const admin = postgres(databaseUrl, { max: 1, onnotice: () => {} })
  const name = new URL(databaseUrl).pathname.slice(1)
  await admin`alter database ${admin(name)} set synchronous_commit = off`.finally(() => admin.end())
}
