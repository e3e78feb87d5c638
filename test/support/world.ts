import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { type CompleteConfig, parseConfig, requireComplete } from '../../src/config.ts'
import type { Account } from '../../src/db/accounts.ts'
import { sql } from '../../src/db/drizzle.ts'
import { type AccountSettings, DEFAULT_SETTINGS } from '../../src/domain/account.ts'
import { seededRandom } from '../../src/domain/random.ts'
import { TASK_KINDS } from '../../src/domain/task.ts'
import { createLogger } from '../../src/logger.ts'
import { countedQueue } from '../../src/rehearsal/counted-queue.ts'
import { createQueueBackend, createRuntime, type Runtime } from '../../src/runtime.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts'
import { startWorkers, type Workers } from '../../src/start-workers.ts'
import type { Telemetry } from '../../src/telemetry.ts'
import { finishConnecting, startConnecting } from '../../src/warmup/connect-account.ts'
import { giveConsent } from './consent.ts'
import { freshDatabase } from './database.ts'
import { emptyRedis, redisUrl } from './redis.ts'
import { type SteppedClock, steppedClock } from './stepped-clock.ts'

export type Backend = 'postgres' | 'redis'
/** Both stores of the queue, or the one there is where the machine has no Redis (the run says so, loudly). */
export const BACKENDS: Backend[] = redisUrl() ? ['postgres', 'redis'] : ['postgres']

export type World = AsyncDisposable & {
  clock: SteppedClock
  sandbox: Sandbox
  runtime: Runtime
  config: CompleteConfig
  /** Connects a mailbox through Google's consent page. */
  connect(email: string, settings?: Partial<AccountSettings>): Promise<Account>
  startWorkers(): Workers
  /** Runs everything that is due until `end`, letting time jump from one due task to the next. */
  runUntil(end: Date): Promise<void>
  /** Runs everything that is due now, as time stands. */
  settle(): Promise<void>
}

/** The real system against a simulated Google, in a time that stands still unless it is moved. */
export async function openWorld(
  options: {
    start?: string
    backend?: Backend
    concurrency?: number
    seed?: number
    /** Who counts and traces. */
    telemetry?: Telemetry
    /** Settings of the app besides. */
    environment?: Record<string, string>
    /** Puts something between the app and Gmail: the origin to go to in the place of the simulated Gmail's. */
    between?: (origin: string) => Promise<string>
  } = {},
): Promise<World> {
  const clock = steppedClock(options.start ?? '2026-03-02T06:00:00Z')
  const database = await freshDatabase()
  const redirectUri = 'http://127.0.0.1:9/oauth/google/callback'
  const sandbox = await startSandbox({
    now: clock.now,
    seed: options.seed ?? 1,
    client: { id: 'kindling-test', secret: 'kindling-test-secret' },
    redirectUris: () => [redirectUri],
    mailboxes: [],
  })
  const config = requireComplete(
    parseConfig({
      ...sandbox.settings,
      GOOGLE_API_ROOT: `${(await options.between?.(sandbox.origin)) ?? sandbox.origin}/`,
      DATABASE_URL: database.url,
      BASE_URL: 'http://127.0.0.1:9',
      TOKEN_ENCRYPTION_KEYS: randomBytes(32).toString('base64'),
      LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
      SYNC_EVERY_MINUTES: '0',
      ...(options.backend === 'redis' ? { REDIS_URL: redisUrl() ?? undefined } : {}),
      ...options.environment,
    }),
  )
  const log = createLogger(config.LOG_LEVEL)
  const broken: unknown[] = []
  log.error = (fields: unknown) => void broken.push(fields)
  const runtime = createRuntime(config, clock, log, options.telemetry)
  const { warmup } = runtime
  warmup.random = seededRandom(options.seed ?? 1)
  const backend = countedQueue(createQueueBackend(config, log, options.telemetry))
  const started: Workers[] = []

  const world: World = {
    clock,
    sandbox,
    runtime,
    config,
    async connect(email, settings = {}) {
      sandbox.control.createMailbox(email)
      const url = await startConnecting(warmup, testSettings(settings), new Date())
      const result = await finishConnecting(warmup, await giveConsent(url, email), new Date())
      if ('failure' in result) throw new Error(`not connected: ${JSON.stringify(result.failure)}`)
      return result.account
    },
    startWorkers() {
      const workers = startWorkers(runtime, backend, {
        kinds: TASK_KINDS,
        concurrency: options.concurrency ?? 10,
        pollMs: 20,
      })
      started.push(workers)
      return workers
    },
    async settle() {
      const workers = started.at(-1) ?? world.startWorkers()
      for (;;) {
        await workers.dispatcher.dispatch()
        await backend.drained()
        await untilIdle(runtime)
        const next = await warmup.store.tasks.nextDueAt()
        if (next === null || next > clock.now()) return
      }
    },
    async runUntil(end) {
      for (;;) {
        await world.settle()
        const next = await warmup.store.tasks.nextDueAt()
        if (next === null || next > end) break
        clock.moveTo(new Date(Math.max(clock.now().getTime(), Math.min(gridAfter(next), end.getTime()))))
      }
      clock.moveTo(end)
    },
    async [Symbol.asyncDispose]() {
      for (const workers of started) await workers.close()
      await backend.close()
      if (backend.kind === 'redis') await emptyRedis()
      await runtime.close()
      await sandbox.close()
      await database.drop()
      if (broken.length > 0) throw new Error('tasks broke', { cause: broken[0] })
    },
  }
  return world
}

/** Volumes that can be counted on: numbers of a ramp mean the ramp `own`, and chance varies nothing. */
export function testSettings(settings: Partial<AccountSettings> = {}): AccountSettings {
  const isOwn = settings.startVolume !== undefined || settings.dailyIncrease !== undefined
  return {
    ...DEFAULT_SETTINGS,
    dailyVariation: 0,
    ...(isOwn ? { ramp: 'own' as const } : {}),
    ...settings,
  }
}

/** Time moves in steps of ten minutes, so that what is due close together runs together. */
const STEP_MS = 10 * 60_000
const gridAfter = (time: Date) => Math.ceil(time.getTime() / STEP_MS) * STEP_MS

async function untilIdle({ db }: Runtime): Promise<void> {
  for (;;) {
    const [row] = await db.execute<{ busy: boolean }>(
      sql`select exists (select from tasks where lease_until is not null) as busy`,
    )
    if (!row?.busy) return
    await delay(2)
  }
}
