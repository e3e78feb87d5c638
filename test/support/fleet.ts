import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { type CompleteConfig, parseConfig, requireComplete } from '../../src/config.ts'
import { sql } from '../../src/db/drizzle.ts'
import { DEFAULT_SETTINGS } from '../../src/domain/account.ts'
import { createLogger } from '../../src/logger.ts'
import { createRuntime, type Runtime, startClock } from '../../src/runtime.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts'
import { finishConnecting, startConnecting } from '../../src/warmup/connect-account.ts'
import { childEnvironment } from './child-environment.ts'
import { giveConsent } from './consent.ts'
import { freshDatabase } from './database.ts'

export type WorkerProcess = {
  pid: number
  output(): string
  /** Sends the signal; resolves when the process has ended, with how long that took. */
  stop(signal?: NodeJS.Signals): Promise<{ code: number | null; ms: number }>
}

/** Worker processes of their own on one database, before a simulated Google, in a time that they share. */
export type Fleet = AsyncDisposable & {
  sandbox: Sandbox
  runtime: Runtime
  config: CompleteConfig
  /** Starts a worker process, and waits until it works. */
  start(environment?: Record<string, string>): Promise<WorkerProcess>
  /** Two warmup and three pool accounts with many mails a day, at any hour: no test waits for a morning. */
  connectAccounts(): Promise<void>
  sent(): number
  /** Nothing new begins; resolves when what has begun has come to its end. */
  calmDown(): Promise<void>
}

const ALWAYS = {
  sendDays: [1, 2, 3, 4, 5, 6, 7],
  sendHours: ['00:00-24:00'],
  wakingHours: ['00:00-24:00'],
  timeZone: 'UTC',
}
const MONDAY = new Date('2026-03-02T08:55:00Z')

export async function openFleet(options: {
  speed: number
  redisUrl?: string | null
  environment?: Record<string, string>
}): Promise<Fleet> {
  const database = await freshDatabase()
  const timed = { DATABASE_URL: database.url, WARMUP_SPEED: options.speed }
  const { clock, stop } = await startClock(timed, MONDAY)
  const redirectUri = 'http://127.0.0.1:9/oauth/google/callback'
  const sandbox = await startSandbox({
    now: clock.now,
    seed: 1,
    client: { id: 'kindling-test', secret: 'kindling-test-secret' },
    redirectUris: () => [redirectUri],
    mailboxes: [],
  })
  const settings = {
    ...sandbox.settings,
    DATABASE_URL: database.url,
    BASE_URL: 'http://127.0.0.1:9',
    TOKEN_ENCRYPTION_KEYS: randomBytes(32).toString('base64'),
    WARMUP_SPEED: String(options.speed),
    SYNC_EVERY_MINUTES: '0',
    ...(options.redisUrl ? { REDIS_URL: options.redisUrl } : {}),
    ...options.environment,
  }
  const config = requireComplete(parseConfig(settings))
  const runtime = createRuntime(config, clock, createLogger('silent'))
  const children: ChildProcess[] = []

  return {
    sandbox,
    runtime,
    config,
    async start(environment = {}) {
      const env = { ...childEnvironment(), LOG_LEVEL: 'info', ...settings, ...environment }
      const child = spawn(process.execPath, ['workers/all.ts'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
      children.push(child)
      let output = ''
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => {
          output += chunk
        })
      const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
      while (!output.includes('workers are running')) {
        if (child.exitCode !== null) throw new Error(`it ended by itself: ${output}`)
        await delay(10)
      }
      return {
        pid: child.pid as number,
        output: () => output,
        async stop(signal = 'SIGTERM') {
          const begun = performance.now()
          child.kill(signal)
          return { code: await ended, ms: performance.now() - begun }
        },
      }
    },
    async connectAccounts() {
      const { warmup } = runtime
      for (let i = 0; i < 5; i += 1) {
        const kind = i < 2 ? ('warmup' as const) : ('pool' as const)
        const email = `account${i}@example.com`
        sandbox.control.createMailbox(email)
        const volume = { ramp: 'own' as const, startVolume: 100, dailyLimit: 500 }
        const account = { ...DEFAULT_SETTINGS, ...ALWAYS, ...volume, kind }
        const url = await startConnecting(warmup, account, new Date())
        await finishConnecting(warmup, await giveConsent(url, email), new Date())
      }
    },
    sent: () => sandbox.control.ledger().filter(({ kind }) => kind === 'sent').length,
    async calmDown() {
      for (;;) {
        await runtime.db.execute(sql`
          delete from tasks where lease_until is null
            and (message_id is null or message_id not in (select id from messages where state = 'sending'))`)
        const [row] = await runtime.db.execute<{ busy: boolean }>(sql`
          select exists (select from tasks) or exists (select from messages where state = 'sending') as busy`)
        if (!row?.busy) return
        await delay(20)
      }
    },
    async [Symbol.asyncDispose]() {
      for (const child of children) {
        if (child.exitCode !== null || child.signalCode !== null) continue
        child.kill('SIGKILL')
        await new Promise((resolve) => child.once('close', resolve))
      }
      await runtime.close()
      await stop()
      await sandbox.close()
      await database.drop()
    },
  }
}
