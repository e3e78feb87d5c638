import { randomBytes } from 'node:crypto'
import { availableParallelism, loadavg } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { ownDatabase } from '../src/bench/own-database.ts'
import { countQueries } from '../src/bench/query-counter.ts'
import { printTable } from '../src/bench/table.ts'
import { parseConfig, requireComplete } from '../src/config.ts'
import { sql } from '../src/db/drizzle.ts'
import { accounts } from '../src/db/schema.ts'
import { accountContext } from '../src/db/sealing.ts'
import { DEFAULT_SETTINGS } from '../src/domain/account.ts'
import { GMAIL_SCOPES, tokenFromGrant } from '../src/domain/token.ts'
import { interruption, unlessInterrupted } from '../src/interruption.ts'
import { createLogger } from '../src/logger.ts'
import { type Process, runProcess } from '../src/process.ts'
import { createProgressBar } from '../src/progress-bar.ts'
import { createRuntime, migrate, type Runtime } from '../src/runtime.ts'
import { runTask } from '../src/warmup/run-task.ts'

// What planning a day costs, from 1,000 to 100,000 accounts, one in four of them a warmup account, all of them due at
// once: the tasks are handed out in batches and run by the production code. The database is the embedded Postgres, or a new
// one on the server that TEST_DATABASE_URL names. Exit status: 0 every goal was met, 1 some were not.

const SIZES = [1_000, 10_000, 100_000]
/** An account of the largest installation may cost so many times what one of the smallest costs. */
const GOAL_GROWTH = 1.5
/** Memory in use for the largest installation beyond one of a tenth: the smallest has not filled its batches. */
const GOAL_GROWTH_MB = 20

const MONDAY = new Date('2026-03-02T07:00:00Z')
const IN_HAND = 8
const BATCH = 1000
const COUNTED = 200
/** Memory is looked at after one in so many batches: collecting takes its time. */
const SAMPLED = 10
setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

type Result = { size: number; mails: number; wallMs: number; cpuMs: number; peakMb: number; queries: number }

await runProcess(
  async (entry) => {
    const interrupted = interruption()
    const databaseUrl = await ownDatabase(entry.config.DATABASE_URL, entry.onStop)
    const results = await unlessInterrupted(benchmark(entry, databaseUrl), interrupted)
    const misses = missesOf(results)
    for (const miss of misses) console.log(`MISSED ${miss}`)
    if (misses.length > 0) process.exitCode = 1
  },
  // Nothing of the machine's own instance gets in.
  ({ TEST_DATABASE_URL }) => ({ DATABASE_URL: TEST_DATABASE_URL }),
)

async function benchmark({ onStop }: Process, databaseUrl: string): Promise<Result[]> {
  await migrate({ DATABASE_URL: databaseUrl })
  const TOKEN_ENCRYPTION_KEYS = randomBytes(32).toString('base64')
  const open = (DATABASE_URL: string) => {
    const google = { GOOGLE_CLIENT_ID: 'nobody', GOOGLE_CLIENT_SECRET: 'is asked' }
    const config = requireComplete(parseConfig({ ...google, DATABASE_URL, TOKEN_ENCRYPTION_KEYS }))
    const runtime = createRuntime(config, { now: () => MONDAY }, createLogger('silent'))
    onStop(runtime.close)
    return runtime
  }
  const timed = open(databaseUrl)
  const counter = await countQueries(databaseUrl)
  onStop(counter.close)
  const counted = open(counter.url)

  const results: Result[] = []
  for (const size of SIZES) {
    await seed(timed, size)
    const before = counter.queries()
    const sample = await planAll(counted, COUNTED)
    const queries = (counter.queries() - before) / sample.planned
    const rest = await planAll(timed, Number.POSITIVE_INFINITY)
    results.push({ size, queries, ...rest })
  }
  printTable([
    ['accounts', 'mails planned', 'queries', 'CPU', 'time', 'in all', 'memory in use'],
    ...results.map(({ size, mails, queries, cpuMs, wallMs, peakMb }) => [
      String(size),
      String(mails),
      queries.toFixed(1),
      `${(cpuMs / size).toFixed(2)} ms`,
      `${(wallMs / size).toFixed(2)} ms`,
      `${(wallMs / 1000).toFixed(1)} s`,
      `${peakMb.toFixed(0)} MB`,
    ]),
  ])
  console.log(
    `\nqueries, CPU and time are those of an account, pool and warmup\nload: ${loadavg()[0]?.toFixed(1)} on ${availableParallelism()} cores, Node ${process.version}`,
  )
  return results
}

/** So many accounts with tokens that are good for today, and a plan that is due for each. */
async function seed({ db, sealer, warmup }: Runtime, size: number): Promise<void> {
  await db.execute(sql`truncate accounts restart identity cascade`)
  const grant = {
    accessToken: 'a',
    refreshToken: 'r',
    scope: GMAIL_SCOPES.join(' '),
    expiresInSeconds: 86_400,
    refreshTokenExpiresInSeconds: null,
  }
  const token = JSON.stringify(tokenFromGrant(grant, warmup.oauth.client, MONDAY))
  for (let first = 1; first <= size; first += BATCH) {
    const numbers = Array.from({ length: Math.min(BATCH, size - first + 1) }, (_, i) => first + i)
    await db.insert(accounts).values(
      numbers.map((n) => ({
        ...DEFAULT_SETTINGS,
        kind: n % 4 === 0 ? ('warmup' as const) : ('pool' as const),
        email: `mailbox-${n}@domain-${n % 50}.example`,
        oauthToken: sealer.seal(token, accountContext(n)),
        connectedAt: MONDAY,
      })),
    )
  }
  await db.execute(sql`insert into account_counts (account_id) select id from accounts`)
  await db.execute(
    sql`insert into tasks (kind, account_id, due_at) select 'plan', id, ${MONDAY.toISOString()} from accounts`,
  )
  await db.execute(sql`analyze`)
}

/** Runs the plans that are due, batch by batch, until none is or enough were. */
async function planAll({ db, warmup }: Runtime, most: number) {
  const { tasks } = warmup.store
  const [due] = await db.execute<{ n: number }>(
    sql`select count(*)::int as n from tasks where due_at <= ${MONDAY.toISOString()}`,
  )
  const bar = createProgressBar(Math.min(most, due?.n ?? 0))
  const start = performance.now()
  const cpu = process.cpuUsage()
  let planned = 0
  let batches = 0
  let peak = 0
  for (;;) {
    const window = Math.min(BATCH, most - planned)
    const handouts = await tasks.handOut({ kinds: ['plan'], now: MONDAY, window, leaseSeconds: 3600 })
    if (handouts.length === 0) break
    const waiting = handouts.values()
    const work = async () => {
      for (const handout of waiting) {
        await runTask(warmup, handout, () => ({ signal: new AbortController().signal, release() {} }))
        bar.advance()
      }
    }
    await Promise.all(Array.from({ length: IN_HAND }, work))
    planned += handouts.length
    batches += 1
    if (batches % SAMPLED === 1) peak = Math.max(peak, memoryInUse())
    if (planned >= most) break
  }
  bar.remove()
  const { user, system } = process.cpuUsage(cpu)
  const [row] = await db.execute<{ n: number }>(sql`select count(*)::int as n from messages`)
  return {
    planned,
    mails: row?.n ?? 0,
    wallMs: performance.now() - start,
    cpuMs: (user + system) / 1000,
    peakMb: peak,
  }
}

/** Megabytes that are still referred to: what V8 has merely not thrown away yet does not count. */
function memoryInUse(): number {
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / 2 ** 20
}

function missesOf(results: readonly Result[]): string[] {
  const [smallest, tenth, largest] = results
  if (!smallest || !tenth || !largest) return []
  const growth = largest.cpuMs / largest.size / (smallest.cpuMs / smallest.size)
  const grownMb = largest.peakMb - tenth.peakMb
  return [
    ...(growth > GOAL_GROWTH
      ? [
          `an account of ${largest.size} costs ${growth.toFixed(2)} times one of ${smallest.size}, the goal is ${GOAL_GROWTH}`,
        ]
      : []),
    ...(grownMb > GOAL_GROWTH_MB
      ? [`${grownMb.toFixed(0)} MB more for ${largest.size} accounts, the goal is ${GOAL_GROWTH_MB} MB`]
      : []),
  ]
}
