import { join } from 'node:path'
import { type CompleteConfig, parseConfig, requireComplete } from '../src/config.ts'
import type { SharedClock } from '../src/db/shared-clock.ts'
import { wallClock } from '../src/domain/clock.ts'
import { TASK_KINDS } from '../src/domain/task.ts'
import { publishInstance } from '../src/embedded/instance.ts'
import { type FoundDatabase, findDatabase } from '../src/find-database.ts'
import { type Process, runProcess } from '../src/process.ts'
import { createQueueBackend, createRuntime, migrate, pollInterval, startClock } from '../src/runtime.ts'
import { mondayMorning, startLocalSandbox } from '../src/sandbox/local.ts'
import { requireKeys, requireSameDatabase, warnOfTexts } from '../src/start-checks.ts'
import { startWorkers } from '../src/start-workers.ts'
import { openTelemetry } from '../src/telemetry.ts'
import { sandboxNotice, signInLink, startWeb } from '../src/web-server.ts'

/** In the sandbox a day takes a minute. */
/** A few real seconds of its time. */
const SANDBOX_SYNC_MINUTES = '120'
const SANDBOX_SPEED = 1440

// Everything in one process. What the environment does not name it brings along: a database, a key, Google itself.
await runProcess(async (process) => {
  const { log, onStop } = process
  const isSandbox = !process.config.GOOGLE_CLIENT_ID && !process.config.GOOGLE_CLIENT_SECRET
  const database = await findDatabase(process, isSandbox ? 'sandbox' : 'kindling')
  await migrate({ ...process.config, ...database })
  const { config, clock } = isSandbox
    ? await withSandbox(process, database)
    : await withGoogle(process, database)

  const telemetry = await openTelemetry(config, { counts: true }, onStop)
  const runtime = createRuntime(config, clock, log, telemetry)
  onStop(runtime.close)
  await requireKeys(runtime)
  warnOfTexts(runtime)
  // A sandbox's mailboxes are as old as its database.
  if (!isSandbox) await requireSameDatabase(runtime)
  if (!process.config.DATABASE_URL) await runtime.warmup.store.endLeases()
  const backend = createQueueBackend(config, log, telemetry)
  onStop(backend.close)
  const workers = startWorkers(runtime, backend, {
    kinds: TASK_KINDS,
    concurrency: config.WORKER_CONCURRENCY,
    pollMs: pollInterval(config),
  })
  onStop(workers.close)
  const web = await startWeb(config, runtime, backend, isSandbox ? sandboxNotice(config) : null)
  onStop(web.close)
  workers.dispatcher.start()
  onStop(await publishInstance(config.DATA_DIR, settingsOf(config)))

  console.log(
    `kindling is ready: web, workers on ${backend.kind}${isSandbox ? ', a simulated Google' : ''}. Ctrl-C stops it.`,
  )
  if (config.OPERATOR_PASSWORD) console.log(`Sign in at ${config.BASE_URL}`)
  else console.log(`Sign in once with ${await signInLink(config, runtime)}`)
  return 'keeps running'
})

type Ready = { config: CompleteConfig; clock: SharedClock['clock'] }

async function withGoogle({ environment, onStop }: Process, database: FoundDatabase): Promise<Ready> {
  const config = requireComplete(parseConfig({ ...environment, ...database }))
  const { clock, stop } = await startClock(config)
  onStop(stop)
  return { config, clock }
}

async function withSandbox(
  { config, environment, onStop }: Process,
  database: FoundDatabase,
): Promise<Ready> {
  const WARMUP_SPEED = environment.WARMUP_SPEED ? config.WARMUP_SPEED : SANDBOX_SPEED
  const { clock, stop } = await startClock({ ...database, WARMUP_SPEED }, mondayMorning(wallClock.now()))
  onStop(stop)
  const sandbox = await startLocalSandbox({
    folder: join(config.DATA_DIR, 'sandbox'),
    now: clock.now,
    redirectUri: `${config.BASE_URL}/oauth/google/callback`,
  })
  onStop(sandbox.close)
  const settings = {
    SYNC_EVERY_MINUTES: SANDBOX_SYNC_MINUTES,
    ...environment,
    ...database,
    ...sandbox.settings,
    WARMUP_SPEED: String(WARMUP_SPEED),
  }
  return { config: requireComplete(parseConfig(settings)), clock }
}

function settingsOf(config: CompleteConfig): Record<string, string> {
  const { TOKEN_ENCRYPTION_KEYS, REDIS_URL, ...others } = config
  const names = [
    'DATABASE_URL',
    'BASE_URL',
    'WARMUP_SPEED',
    'GOOGLE_CLIENT_ID',
    'GOOGLE_CLIENT_SECRET',
  ] as const
  const uris = [
    'GOOGLE_AUTH_URI',
    'GOOGLE_TOKEN_URI',
    'GOOGLE_REVOKE_URI',
    'GOOGLE_USERINFO_URI',
    'GOOGLE_CERTS_URI',
    'GOOGLE_API_ROOT',
  ] as const
  return {
    ...Object.fromEntries([...names, ...uris].map((name) => [name, String(others[name])])),
    TOKEN_ENCRYPTION_KEYS: TOKEN_ENCRYPTION_KEYS.map((key) => key.toString('base64')).join(','),
    ...(REDIS_URL ? { REDIS_URL } : {}),
  }
}
