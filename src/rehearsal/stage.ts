import { randomBytes } from 'node:crypto'
import { parseConfig, requireComplete } from '../config.ts'
import { seededRandom } from '../domain/random.ts'
import { TASK_KINDS } from '../domain/task.ts'
import { GMAIL_SCOPES, tokenFromGrant } from '../domain/token.ts'
import type { Logger } from '../logger.ts'
import { createRuntime, type Runtime } from '../runtime.ts'
import { type Sandbox, startSandbox } from '../sandbox/server.ts'
import { startWorkers, type Workers } from '../start-workers.ts'
import { keepConnection } from '../warmup/connect-account.ts'
import type { Player } from './cast.ts'
import { type CountedQueue, countedQueue } from './counted-queue.ts'
import { openQueue } from './own-queue.ts'
import { createStillClock, type StillClock } from './still-clock.ts'

/** The production system with a simulated Google, in a time that stands still unless it is moved. */
export type Stage = {
  clock: StillClock
  sandbox: Sandbox
  runtime: Runtime
  queue: CountedQueue
  dispatcher: Workers['dispatcher']
}

export type StageOptions = {
  /** A migrated database that nobody else uses. */
  databaseUrl: string
  redisUrl?: string | undefined
  /** Everything that chance decides is drawn from it. */
  seed: number
  start: Date
  log: Logger
  concurrency?: number
  onStop(close: () => Promise<void>): void
}

/** Few at once: more connections and jobs than this only wait for each other on two cores. */
const CONCURRENCY = 8
const CLIENT = { id: 'rehearsal', secret: 'rehearsal-secret' }
/** Nobody visits the pages of a rehearsal. */
const NOWHERE = 'http://127.0.0.1:9'

export async function openStage(options: StageOptions): Promise<Stage> {
  const { databaseUrl, redisUrl, seed, log, onStop, concurrency = CONCURRENCY } = options
  const clock = createStillClock(options.start)
  const sandbox = await startSandbox({
    now: clock.now,
    seed,
    client: CLIENT,
    redirectUris: () => [],
    mailboxes: [],
  })
  onStop(sandbox.close)
  const config = requireComplete(
    parseConfig({
      ...sandbox.settings,
      DATABASE_URL: databaseUrl,
      ...(redisUrl ? { REDIS_URL: redisUrl } : {}),
      BASE_URL: NOWHERE,
      TOKEN_ENCRYPTION_KEYS: randomBytes(32).toString('base64'),
      WORKER_CONCURRENCY: String(concurrency),
      SYNC_EVERY_MINUTES: '0',
    }),
  )
  const runtime = createRuntime(config, clock, log)
  onStop(runtime.close)
  runtime.warmup.random = seededRandom(seed)
  runtime.warmup.seed = String(seed)
  const queue = countedQueue(openQueue(config, log))
  onStop(queue.close)
  const { dispatcher, close } = startWorkers(runtime, queue, { kinds: TASK_KINDS, concurrency, pollMs: 0 })
  onStop(close)
  return { clock, sandbox, runtime, queue, dispatcher }
}

/** Connects a mailbox as a walk through Google's consent page does. */
export async function connectPlayer(
  { sandbox, clock, runtime: { warmup } }: Stage,
  { email, settings }: Player,
): Promise<void> {
  const now = clock.now()
  const { accessToken, refreshToken, expiresAt } = sandbox.control.grant(email, { scopes: [...GMAIL_SCOPES] })
  const grant = {
    accessToken,
    refreshToken,
    expiresInSeconds: (expiresAt - now.getTime()) / 1000,
    scope: GMAIL_SCOPES.join(' '),
    refreshTokenExpiresInSeconds: null,
  }
  const token = tokenFromGrant(grant, warmup.oauth.client, now)
  await keepConnection(warmup, { googleUserId: null, email, token, settings })
}
