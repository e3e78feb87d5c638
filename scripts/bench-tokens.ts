import { randomBytes } from 'node:crypto'
import { availableParallelism, loadavg } from 'node:os'
import { ownDatabase } from '../src/bench/own-database.ts'
import { countQueries } from '../src/bench/query-counter.ts'
import { type SandboxProcess, startSandboxProcess } from '../src/bench/sandbox-process.ts'
import { printTable } from '../src/bench/table.ts'
import { parseConfig, requireComplete } from '../src/config.ts'
import { DEFAULT_SETTINGS } from '../src/domain/account.ts'
import type { Clock } from '../src/domain/clock.ts'
import { GMAIL_SCOPES, tokenFromGrant } from '../src/domain/token.ts'
import { interruption, unlessInterrupted } from '../src/interruption.ts'
import { createLogger } from '../src/logger.ts'
import { type Process, runProcess } from '../src/process.ts'
import { createRuntime, migrate } from '../src/runtime.ts'
import { keepConnection } from '../src/warmup/connect-account.ts'
import type { Warmup } from '../src/warmup/dependencies.ts'

// What a valid access token costs: 1,000 accounts in a database of its own, a simulated Google in another process that
// answers without delay. The database is the embedded Postgres, or a new one on the server that TEST_DATABASE_URL names.
// Exit status: 0 every goal was met, 1 some were not, 2 it could not be found out.

/** Of a token that is at hand, a call. */
const GOAL_QUERIES = 1
const GOAL_CPU_MS = 1

const ACCOUNTS = 1000
const CALLS = 5000
const REFRESHES = 200
const WARM_UPS = 500
const HOUR_MS = 3_600_000

type Case = { name: string; calls: number; atOnce: number; refreshes: boolean }
const CASES: readonly Case[] = [
  { name: 'at hand, one at a time', calls: CALLS, atOnce: 1, refreshes: false },
  { name: 'at hand, 50 at once', calls: CALLS, atOnce: 50, refreshes: false },
  { name: 'refresh, one at a time', calls: REFRESHES, atOnce: 1, refreshes: true },
  { name: 'refresh, all expired at once', calls: ACCOUNTS, atOnce: ACCOUNTS, refreshes: true },
]
type Result = Case & {
  queries: number
  connections: number
  cpuMs: number
  wallMs: number
  refreshed: number
}

await runProcess(
  async (entry) => {
    const interrupted = interruption()
    const databaseUrl = await ownDatabase(entry.config.DATABASE_URL, entry.onStop)
    const results = await unlessInterrupted(benchmark(entry, databaseUrl), interrupted)
    const misses = results.flatMap(missesOf)
    for (const miss of misses) console.log(`MISSED ${miss}`)
    if (misses.length > 0) process.exitCode = 1
  },
  // Nothing of the machine's own instance gets in.
  ({ TEST_DATABASE_URL }) => ({ DATABASE_URL: TEST_DATABASE_URL }),
)

async function benchmark({ onStop }: Process, databaseUrl: string): Promise<Result[]> {
  await migrate({ DATABASE_URL: databaseUrl })
  const google = await startSandboxProcess(new URL('sandbox.ts', import.meta.url))
  onStop(google.stop)
  const time = steppedWallClock()
  const TOKEN_ENCRYPTION_KEYS = randomBytes(32).toString('base64')
  const open = (url: string) => {
    const settings = { ...google.settings, DATABASE_URL: url, TOKEN_ENCRYPTION_KEYS }
    const config = requireComplete(parseConfig(settings))
    const runtime = createRuntime(config, time.clock, createLogger('silent'))
    onStop(runtime.close)
    return runtime.warmup
  }
  // What is counted goes over a relay in this process, and what is timed does not.
  const timed = open(databaseUrl)
  const ids = await seed(timed, google)

  const results: Result[] = []
  for (const each of CASES) {
    const counter = await countQueries(databaseUrl)
    onStop(counter.close)
    const counted = open(counter.url)
    await callAll(counted, ids, { calls: WARM_UPS, atOnce: Math.min(each.atOnce, WARM_UPS) })
    if (each.refreshes) time.step(HOUR_MS)
    const before = counter.queries()
    await callAll(counted, ids, each)
    const queries = counter.queries() - before

    await callAll(timed, ids, { calls: WARM_UPS, atOnce: Math.min(each.atOnce, WARM_UPS) })
    if (each.refreshes) time.step(HOUR_MS)
    const known = await refreshesAt(google)
    const start = performance.now()
    const cpu = process.cpuUsage()
    await callAll(timed, ids, each)
    const { user, system } = process.cpuUsage(cpu)
    results.push({
      ...each,
      queries,
      connections: counter.mostConnections(),
      cpuMs: (user + system) / 1000,
      wallMs: performance.now() - start,
      refreshed: (await refreshesAt(google)) - known,
    })
  }

  printTable([
    ['authenticateAndUpdateToken', 'calls', 'refreshes', 'queries', 'connections', 'CPU', 'time', 'in all'],
    ...results.map(({ name, calls, refreshed, queries, connections, cpuMs, wallMs }) => [
      name,
      String(calls),
      String(refreshed),
      (queries / calls).toFixed(2),
      String(connections),
      `${(cpuMs / calls).toFixed(2)} ms`,
      `${(wallMs / calls).toFixed(2)} ms`,
      `${(wallMs / 1000).toFixed(1)} s`,
    ]),
  ])
  console.log(
    `\nqueries, CPU and time are those of a call; connections the most at once\nload: ${loadavg()[0]?.toFixed(1)} on ${availableParallelism()} cores, Node ${process.version}`,
  )
  return results
}

/** Pool accounts whose grants Google knows. @returns their ids */
async function seed(warmup: Warmup, google: SandboxProcess): Promise<number[]> {
  const start = performance.now()
  const ids: number[] = []
  for (let i = 0; i < ACCOUNTS; i += 1) {
    const mailbox = `mailbox-${i}@example.com`
    const granted = await google.control<{ accessToken: string; refreshToken: string }>('POST', 'grants', {
      mailbox,
      scopes: GMAIL_SCOPES,
    })
    const grant = {
      ...granted,
      scope: GMAIL_SCOPES.join(' '),
      expiresInSeconds: 3600,
      refreshTokenExpiresInSeconds: null,
    }
    const { account } = await keepConnection(warmup, {
      googleUserId: null,
      email: mailbox,
      token: tokenFromGrant(grant, warmup.oauth.client, warmup.clock.now()),
      settings: { ...DEFAULT_SETTINGS, kind: 'pool' },
    })
    ids.push(account.id)
  }
  console.log(`${ACCOUNTS} accounts in ${((performance.now() - start) / 1000).toFixed(0)} s\n`)
  return ids
}

/** Asks for one account's token after another's, so many at a time. */
async function callAll(
  { authenticateAndUpdateToken }: Warmup,
  ids: readonly number[],
  { calls, atOnce }: Pick<Case, 'calls' | 'atOnce'>,
): Promise<void> {
  let next = 0
  const work = async () => {
    while (next < calls) {
      const id = ids[next % ids.length] as number
      next += 1
      await authenticateAndUpdateToken(id)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
}

/** How many access tokens Google has issued for refresh tokens so far. */
async function refreshesAt(google: SandboxProcess): Promise<number> {
  const { entries } = await google.control<{ entries: { kind: string }[] }>('GET', 'ledger?limit=1000000')
  return entries.filter(({ kind }) => kind === 'refreshed').length
}

/** The wall's time, and ahead of it by as much as it was stepped. */
function steppedWallClock(): { clock: Clock; step(ms: number): void } {
  let ahead = 0
  return {
    clock: { now: () => new Date(Date.now() + ahead) },
    step(ms) {
      ahead += ms
    },
  }
}

function missesOf({ name, calls, refreshes, refreshed, queries, cpuMs }: Result): string[] {
  const due = refreshes ? calls : 0
  return [
    ...(refreshed === due ? [] : [`${name}: ${refreshed} refreshes, expected ${due}`]),
    ...(!refreshes && queries > calls * GOAL_QUERIES
      ? [`${name}: ${(queries / calls).toFixed(2)} queries a call, the goal is ${GOAL_QUERIES}`]
      : []),
    ...(!refreshes && cpuMs >= calls * GOAL_CPU_MS
      ? [`${name}: ${(cpuMs / calls).toFixed(2)} ms of CPU a call, the goal is less than ${GOAL_CPU_MS} ms`]
      : []),
  ]
}
