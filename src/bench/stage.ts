import { randomBytes } from 'node:crypto'
import postgres, { type Sql } from 'postgres'
import { parseConfig, requireComplete } from '../config.ts'
import { createSealer, type Sealer } from '../db/sealing.ts'
import { migrate } from '../runtime.ts'
import { closingAfter, type OnStop } from './closing.ts'
import { connectAccounts, endWithTheAnswer } from './installation.ts'
import type { BackendKind } from './options.ts'
import { ownDatabase } from './own-database.ts'
import type { FoundRedis } from './own-redis.ts'
import { type SandboxProcess, startSandboxProcess } from './sandbox-process.ts'
import { countStatements, type StatementCounter } from './statements.ts'
import { createWarmupRuns, type WarmupRuns, type Worked } from './warmup-runs.ts'
import { startWorkerProcess } from './worker-process.ts'

/** What all parts of the benchmark stand on. */
export type Servers = {
  databaseUrl: string
  redis: FoundRedis | null
  onStop: OnStop
  /** The folder of the entry points. */
  scripts: URL
}

/** A database and a Google of its own, so that no part finds what another one has left. */
export type Stage = {
  /** Those of a process that runs apart. */
  settings: Record<string, string>
  admin: Sql
  google: SandboxProcess
  statements: StatementCounter | null
  sealer: Sealer
  runs: WarmupRuns
  /** There are so many accounts from here on. */
  connect(accounts: number): Promise<void>
  /** A worker process, for so many of the accounts. */
  startWorker(backend: BackendKind, options: { concurrency: number; accounts: number }): Promise<Worked>
}

/** Opens a stage for `work`, and closes it whatever comes of it. */
export function onStage<T>(servers: Servers, work: (stage: Stage) => Promise<T>): Promise<T> {
  return closingAfter(servers.onStop, async (onStop) => work(await openStage(servers, onStop)))
}

async function openStage({ databaseUrl, redis, scripts }: Servers, onStop: OnStop): Promise<Stage> {
  const DATABASE_URL = await ownDatabase(databaseUrl, onStop)
  await migrate({ DATABASE_URL })
  const admin = postgres(DATABASE_URL, { max: 2, onnotice: () => {} })
  onStop(() => admin.end({ timeout: 1 }))
  const google = await startSandboxProcess(new URL('sandbox.ts', scripts))
  onStop(google.stop)
  await google.control('POST', 'options', { quota: false })
  await google.control('POST', 'placement', { placement: 'inbox' })

  const settings = {
    ...google.settings,
    DATABASE_URL,
    TOKEN_ENCRYPTION_KEYS: randomBytes(32).toString('base64'),
  }
  const config = requireComplete(parseConfig(settings))
  const sealer = createSealer(config.TOKEN_ENCRYPTION_KEYS)
  const client = {
    clientId: config.GOOGLE_CLIENT_ID,
    clientSecret: config.GOOGLE_CLIENT_SECRET,
    tokenUri: config.GOOGLE_TOKEN_URI,
  }
  await endWithTheAnswer(admin)
  const statements = await countStatements(admin)
  const postmaster = await postmasterOf(admin)
  return {
    settings,
    admin,
    google,
    statements,
    sealer,
    runs: createWarmupRuns({ admin, google, statements }),
    connect: (accounts) => connectAccounts({ admin, google, sealer }, client, accounts),
    async startWorker(backend, { concurrency, accounts }) {
      const worker = await startWorkerProcess(new URL('bench-worker.ts', scripts), {
        ...settings,
        ...queueSettings(backend, redis),
        WORKER_CONCURRENCY: String(concurrency),
        // Google's own allowance ends far below what is measured here.
        GMAIL_UNITS_PER_MINUTE_PROJECT: '1000000000',
        GMAIL_UNITS_PER_MINUTE_ACCOUNT: '1000000000',
      })
      onStop(worker.stop)
      const pids = [google.pid, postmaster, ...(backend === 'redis' ? [redis?.pid ?? null] : [])]
      return { worker, concurrency, accounts, pids }
    },
  }
}

export function queueSettings(backend: BackendKind, redis: FoundRedis | null): Record<string, string> {
  return backend === 'redis' && redis ? { REDIS_URL: redis.url } : {}
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
