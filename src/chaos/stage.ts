import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type SandboxProcess, startSandboxProcess } from '../bench/sandbox-process.ts'
import { parseConfig, requireComplete } from '../config.ts'
import { type AccountSettings, DEFAULT_SETTINGS } from '../domain/account.ts'
import { GMAIL_SCOPES, tokenFromGrant } from '../domain/token.ts'
import type { Logger } from '../logger.ts'
import { createRuntime, migrate, type Runtime, startClock } from '../runtime.ts'
import type { GrantedTokens } from '../sandbox/control/grant.ts'
import { keepConnection } from '../warmup/connect-account.ts'
import { type Fleet, startFleet } from './fleet.ts'
import type { Queue } from './options.ts'
import { type OwnPostgres, startOwnPostgres } from './own-postgres.ts'
import { type OwnRedis, startOwnRedis } from './own-redis.ts'

/** The product in processes of its own, on stores of its own, and all that it stands on. */
export type Stage = {
  postgres: OwnPostgres
  /** Null where the queue is on Postgres. */
  redis: OwnRedis | null
  sandbox: SandboxProcess
  fleet: Fleet
  /** For who looks on: its way to the database is never cut. */
  runtime: Runtime
}
export type Scripts = { sandbox: URL; worker: URL }

/** Warmup time runs so much faster: a day is twelve minutes, and a token lives for half a minute. */
export const SPEED = 120
const START = new Date('2026-03-02T06:00:00Z')
const WORKERS = 3
const WORKER_CONCURRENCY = 5
const NOWHERE = 'http://127.0.0.1:9'

const WARMUP_ACCOUNTS = 12
const POOL_ACCOUNTS = 24
const ZONES = ['UTC', 'America/New_York', 'Asia/Kolkata']
/** Most mail lands in the inbox; what two domains receive does not. */
const PLACED: Record<string, string> = { 'copper.example': 'spam', 'meadow.example': 'promotions' }
const POOL_DOMAINS = ['harbour', 'orchard', 'lantern', 'maple', 'copper', 'meadow'].map(
  (name) => `${name}.example`,
)

/** Awake day and night, and with more to do than the limit allows. */
const BUSY: Partial<AccountSettings> = {
  sendDays: [1, 2, 3, 4, 5, 6, 7],
  sendHours: ['00:00-24:00'],
  wakingHours: ['00:00-24:00'],
  minPauseMinutes: 1,
  dailyVariation: 0,
  ramp: 'own',
  startVolume: 200,
  dailyIncrease: 0,
  dailyLimit: 200,
}

export async function openStage(options: {
  queue: Queue
  /** Where everything is kept; not removed. */
  folder: string
  scripts: Scripts
  log: Logger
  onStop(close: () => Promise<void>): void
}): Promise<Stage> {
  const { queue, folder, scripts, log, onStop } = options
  const postgres = await startOwnPostgres(folder)
  onStop(postgres.stop)
  const redis = queue === 'redis' ? await startOwnRedis() : null
  if (redis) onStop(redis.stop)
  await migrate({ DATABASE_URL: postgres.quietUrl, REDIS_URL: redis?.url })

  const WARMUP_SPEED = String(SPEED)
  const { clock, stop } = await startClock({ DATABASE_URL: postgres.quietUrl, WARMUP_SPEED: SPEED }, START)
  onStop(stop)
  const sandbox = await startSandboxProcess(scripts.sandbox, {
    SANDBOX_DATABASE_URL: postgres.quietUrl,
    SANDBOX_SPEED: WARMUP_SPEED,
  })
  onStop(sandbox.stop)
  const settings = {
    ...sandbox.settings,
    BASE_URL: NOWHERE,
    WARMUP_SPEED,
    SYNC_EVERY_MINUTES: '0',
    TOKEN_ENCRYPTION_KEYS: randomBytes(32).toString('base64'),
    WORKER_CONCURRENCY: String(WORKER_CONCURRENCY),
  }
  const config = requireComplete(parseConfig({ ...settings, DATABASE_URL: postgres.quietUrl }))
  const runtime = createRuntime(config, clock, log)
  onStop(runtime.close)
  await connectEverybody(sandbox, runtime)

  const fleet = startFleet({
    size: WORKERS,
    script: scripts.worker,
    folder,
    environment: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: join(tmpdir(), 'kindling-compiled'),
      ...settings,
      DATABASE_URL: postgres.url,
      ...(redis ? { REDIS_URL: redis.url } : {}),
    },
  })
  onStop(fleet.stop)
  await fleet.running()
  return { postgres, redis, sandbox, fleet, runtime }
}

async function connectEverybody(sandbox: SandboxProcess, { warmup }: Runtime): Promise<void> {
  await sandbox.control('POST', 'placement', { placement: 'inbox' })
  for (const [domain, placement] of Object.entries(PLACED))
    await sandbox.control('POST', 'placement', { domain, placement })
  const players = [
    ...Array.from({ length: WARMUP_ACCOUNTS }, (_, i) => player('warmup', i, 'northwind.example')),
    ...Array.from({ length: POOL_ACCOUNTS }, (_, i) =>
      player('pool', i, POOL_DOMAINS[i % POOL_DOMAINS.length] as string),
    ),
  ]
  for (const { email, settings } of players) {
    await sandbox.control('POST', 'mailboxes', { address: email })
    const scopes = [...GMAIL_SCOPES]
    const granted = await sandbox.control<GrantedTokens>('POST', 'grants', { mailbox: email, scopes })
    const now = warmup.clock.now()
    const grant = {
      accessToken: granted.accessToken,
      refreshToken: granted.refreshToken,
      expiresInSeconds: Math.max(1, (granted.expiresAt - now.getTime()) / 1000),
      scope: scopes.join(' '),
      refreshTokenExpiresInSeconds: null,
    }
    const token = tokenFromGrant(grant, warmup.oauth.client, now)
    await keepConnection(warmup, { googleUserId: null, email, token, settings })
  }
}

function player(kind: 'warmup' | 'pool', i: number, domain: string) {
  const hours = i % 3 === 0 ? { sendHours: ['07:00-12:30', '13:00-21:00'] } : {}
  const timeZone = ZONES[i % ZONES.length] as string
  return {
    email: `${kind}${i}@${domain}`,
    settings: { ...DEFAULT_SETTINGS, ...BUSY, ...hours, kind, timeZone },
  }
}
