import { randomBytes } from 'node:crypto'
import { availableParallelism, loadavg } from 'node:os'
import postgres, { type Sql } from 'postgres'
import { connectAccounts, endWithTheAnswer } from '../src/bench/installation.ts'
import { type BackendKind, type BenchOptions, readOptions, USAGE } from '../src/bench/options.ts'
import { ownDatabase } from '../src/bench/own-database.ts'
import { findRedis } from '../src/bench/own-redis.ts'
import { startSandboxProcess } from '../src/bench/sandbox-process.ts'
import { COUNTING, countStatements } from '../src/bench/statements.ts'
import { printTable } from '../src/bench/table.ts'
import { createThroughput, type Measured } from '../src/bench/throughput.ts'
import { startWorkerProcess } from '../src/bench/worker-process.ts'
import { parseConfig, requireComplete } from '../src/config.ts'
import { createSealer } from '../src/db/sealing.ts'
import { interruption, unlessInterrupted } from '../src/interruption.ts'
import { type Process, runProcess } from '../src/process.ts'
import { migrate } from '../src/runtime.ts'

// What a complete warmup costs: the real worker in a process of its own, the simulated Google in another one. The database
// is the embedded Postgres, or a new one on the server that TEST_DATABASE_URL names; the Redis is the one of
// TEST_REDIS_URL, or a redis-server of this machine. Exit status: 0 every goal was met, 1 some were not, 2 it could not be
// found out.

if (process.argv.includes('--help')) {
  console.log(USAGE)
  process.exit()
}

await runProcess(
  async (entry) => {
    const options = readOptions(process.argv.slice(2))
    await unlessInterrupted(benchmark(entry, options), interruption())
  },
  // Nothing of the machine's own instance gets in.
  ({ TEST_DATABASE_URL, TEST_REDIS_URL }) => ({ DATABASE_URL: TEST_DATABASE_URL, REDIS_URL: TEST_REDIS_URL }),
)

async function benchmark({ config, onStop }: Process, options: BenchOptions): Promise<void> {
  const DATABASE_URL = await ownDatabase(config.DATABASE_URL, onStop, COUNTING)
  await migrate({ DATABASE_URL })
  const admin = postgres(DATABASE_URL, { max: 2, onnotice: () => {} })
  onStop(() => admin.end({ timeout: 1 }))
  const redis = options.backends.includes('redis') ? await findRedis(config.REDIS_URL, onStop) : null
  const google = await startSandboxProcess(new URL('sandbox.ts', import.meta.url))
  onStop(google.stop)
  await google.control('POST', 'options', { quota: false })
  await google.control('POST', 'placement', { placement: 'inbox' })

  const settings: Record<string, string> = {
    ...google.settings,
    DATABASE_URL,
    TOKEN_ENCRYPTION_KEYS: randomBytes(32).toString('base64'),
    WORKER_CONCURRENCY: String(options.concurrency),
  }
  const complete = requireComplete(parseConfig(settings))
  const sealer = createSealer(complete.TOKEN_ENCRYPTION_KEYS)
  const client = {
    clientId: complete.GOOGLE_CLIENT_ID,
    clientSecret: complete.GOOGLE_CLIENT_SECRET,
    tokenUri: complete.GOOGLE_TOKEN_URI,
  }
  await connectAccounts({ admin, google, sealer }, client, options.accounts)
  await endWithTheAnswer(admin)
  const statements = await countStatements(admin)
  if (!statements)
    console.log('SQL statements are not counted: this Postgres was not started with pg_stat_statements')
  const postmaster = await postmasterOf(admin)

  const throughput = createThroughput({ admin, google, statements })
  for (const backend of options.backends) {
    if (backend === 'redis' && !redis) {
      console.log('skipped: the queue on Redis (there is no redis-server, and TEST_REDIS_URL is not set)')
      continue
    }
    const worker = await startWorkerProcess(new URL('bench-worker.ts', import.meta.url), {
      ...settings,
      ...(backend === 'redis' && redis ? { REDIS_URL: redis.url } : {}),
    })
    onStop(worker.stop)
    const worked = {
      worker,
      accounts: options.accounts,
      concurrency: options.concurrency,
      pids: [google.pid, postmaster, ...(backend === 'redis' ? [redis?.pid ?? null] : [])],
    }
    await throughput.warmUp(worked)
    const measured = await throughput.measure(worked, { warmups: options.warmups, profile: options.profile })
    report(backend, measured, options)
    await worker.stop()
  }
  console.log(
    `\nload: ${loadavg()[0]?.toFixed(1)} on ${availableParallelism()} cores, Node ${process.version}`,
  )
}

/** Null where the server is not of this machine, or does not say. */
async function postmasterOf(admin: Sql): Promise<number | null> {
  try {
    const [row] = await admin`select split_part(pg_read_file('postmaster.pid'), chr(10), 1)::int as pid`
    return row?.pid ?? null
  } catch {
    return null
  }
}

function report(backend: BackendKind, m: Measured, { statements }: BenchOptions): void {
  const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0)
  const perTask = (n: number) => (n / m.tasks).toFixed(2)
  const { steady } = m
  printTable([
    [`queue on ${backend}`, 'warmups/s', 'tasks/s', 'CPU', 'in all', 'Google', 'SQL', 'peak memory'],
    [
      `${m.warmups} warmups in ${(m.wallMs / 1000).toFixed(1)} s`,
      (steady.warmups / (steady.ms / 1000)).toFixed(1),
      (steady.tasks / (steady.ms / 1000)).toFixed(1),
      `${perTask(m.cpuMs)} ms`,
      m.allCpuMs === null ? '—' : `${perTask(m.allCpuMs)} ms`,
      perTask(sum(Object.values(m.calls))),
      m.statements ? perTask(sum(m.statements.map(({ calls }) => calls))) : '—',
      `${m.peakMb.toFixed(0)} MB`,
    ],
  ])
  for (const [kind, { done, others, ms }] of Object.entries(m.kinds))
    console.log(
      `  ${kind}: ${done} done, ${(ms / done).toFixed(1)} ms each${Object.keys(others).length > 0 ? `, ${JSON.stringify(others)}` : ''}`,
    )
  console.log(
    `  ${Object.entries(m.calls)
      .filter(([, n]) => n > 0)
      .map(([method, n]) => `${method} ${perTask(n)}`)
      .join(', ')}`,
  )
  if (statements && m.statements)
    for (const { calls, ms, text } of m.statements.slice(0, 60))
      console.log(
        `  ${perTask(calls).padStart(6)} a task  ${(ms / calls).toFixed(3)} ms  ${text.replace(/\s+/g, ' ').slice(0, 180)}`,
      )
}
