import { type CompleteConfig, ownTextsOf, requireComplete } from './config.ts'
import { connect } from './db/connection.ts'
import { sql } from './db/drizzle.ts'
import { migrateDatabase } from './db/migrate.ts'
import { createSealer } from './db/sealing.ts'
import { isAccelerated, type SharedClock, shareClock } from './db/shared-clock.ts'
import { createStore } from './db/store.ts'
import { createResolver } from './dns/resolver.ts'
import { type Clock, wallClock } from './domain/clock.ts'
import { OperatorError } from './domain/errors.ts'
import type { TaskKind } from './domain/task.ts'
import { createGmail } from './google/gmail.ts'
import { createOAuth } from './google/oauth.ts'
import type { Logger } from './logger.ts'
import type { MailSettings } from './notices/mail.ts'
import { createNotifier } from './notices/notifier.ts'
import type { Process } from './process.ts'
import {
  migratePostgresBackend,
  postgresBackend,
  type QueueBackend,
  redisBackend,
  tryRedis,
} from './queue/backend.ts'
import { createDispatcher, type Dispatcher } from './queue/dispatcher.ts'
import { createLeaseKeeper } from './queue/lease-keeper.ts'
import { onlyHandouts } from './queue/only-handouts.ts'
import { loadConversations } from './texts/load-conversations.ts'
import { createAuthenticator } from './warmup/authenticate-and-update-token.ts'
import type { Warmup } from './warmup/dependencies.ts'
import { createMailboxOpener } from './warmup/mailboxes.ts'
import { runTask, TASK_LEASE_SECONDS } from './warmup/run-task.ts'

const GOOGLE_TIMEOUT_MS = 20_000
const DNS_TIMEOUT_MS = 8000
/** How many tasks may be in the queue's hands at once, over all processes. */
const HANDOUT_WINDOW = 1000
/** How long a stop waits for running tasks before it cuts off what they ask of Google. */
const GRACE_MS = 1500
/** Of one column, at the start. */
const MOST_WARNINGS = 20

type Stores = Pick<CompleteConfig, 'DATABASE_URL' | 'REDIS_URL'>
export type Runtime = ReturnType<typeof createRuntime>

/**
 * Warmup time: the wall's own at speed 1, else accelerated time that all processes on the database share.
 * @param firstTime where accelerated time begins in a new database
 */
export async function startClock(
  config: Pick<CompleteConfig, 'DATABASE_URL' | 'WARMUP_SPEED'>,
  firstTime = wallClock.now(),
): Promise<SharedClock> {
  const { db, close } = connect(config.DATABASE_URL, { poolSize: 1 })
  try {
    if (config.WARMUP_SPEED === 1) {
      if (await isAccelerated(db))
        throw new OperatorError(
          'this database has been a sandbox’s, with another time and other mailboxes: choose another DATABASE_URL or DATA_DIR, or leave WARMUP_SPEED as it was',
        )
      await close()
      return { clock: wallClock, stop: async () => {} }
    }
    const { clock, stop } = await shareClock(db, config.WARMUP_SPEED, firstTime)
    return {
      clock,
      async stop() {
        await stop()
        await close()
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Real milliseconds between two looks for due tasks: shorter where time runs faster. */
export function pollInterval(config: Pick<CompleteConfig, 'WARMUP_SPEED'>): number {
  return config.WARMUP_SPEED === 1 ? 1000 : 100
}

/** Builds the adapters and gives them to the use cases: the one place where things are wired. */
export function createRuntime(config: CompleteConfig, clock: Clock, log: Logger) {
  const ownTexts = ownTextsOf(config)
  const conversations = loadConversations(ownTexts)
  const connection = connect(config.DATABASE_URL, { poolSize: Math.min(10 + config.WORKER_CONCURRENCY, 40) })
  const sealer = createSealer(config.TOKEN_ENCRYPTION_KEYS)
  const store = createStore(connection.db, sealer)
  const oauth = createOAuth(
    {
      authUri: config.GOOGLE_AUTH_URI,
      tokenUri: config.GOOGLE_TOKEN_URI,
      revokeUri: config.GOOGLE_REVOKE_URI,
      userinfoUri: config.GOOGLE_USERINFO_URI,
      clientId: config.GOOGLE_CLIENT_ID,
      clientSecret: config.GOOGLE_CLIENT_SECRET,
      redirectUri: `${config.BASE_URL}/oauth/google/callback`,
      timeoutMs: GOOGLE_TIMEOUT_MS,
    },
    clock,
  )
  const gmail = createGmail({ apiRoot: config.GOOGLE_API_ROOT, timeoutMs: GOOGLE_TIMEOUT_MS }, clock)
  const notifier = createNotifier(noticeMailOf(config))
  const told = { store, clock, mailsNotices: notifier.mail !== null }
  const authenticateAndUpdateToken = createAuthenticator({ ...told, oauth, random: Math.random, log })
  const warmup: Warmup = {
    ...told,
    oauth,
    gmail,
    notifier,
    resolver: createResolver({ servers: config.DNS_SERVERS, timeoutMs: DNS_TIMEOUT_MS }),
    baseUrl: config.BASE_URL,
    authenticateAndUpdateToken,
    openMailbox: createMailboxOpener(gmail, authenticateAndUpdateToken),
    texts: conversations.texts,
    textProblems: conversations.problems,
    textsFolder: ownTexts.path,
    random: Math.random,
    seed: 'kindling',
    log,
  }

  async function close() {
    gmail.close()
    await connection.close()
  }
  return { warmup, db: connection.db, sealer, close }
}

function noticeMailOf({ SMTP_URL, NOTICE_MAIL_TO, NOTICE_MAIL_FROM }: CompleteConfig): MailSettings | null {
  if (!SMTP_URL || !NOTICE_MAIL_TO) return null
  return {
    smtpUrl: SMTP_URL,
    to: NOTICE_MAIL_TO,
    from: NOTICE_MAIL_FROM ?? `kindling <${NOTICE_MAIL_TO.split(',')[0]?.trim()}>`,
  }
}

/** The queue's store: Redis where there is one, else the database. */
export function createQueueBackend(config: CompleteConfig, log: Logger): QueueBackend {
  const onError = (err: Error) => log.warn({ err }, 'the queue’s connection failed')
  return config.REDIS_URL
    ? redisBackend(config.REDIS_URL, onError)
    : postgresBackend(config.DATABASE_URL, onError)
}

/** Settings, runtime and queue of a process that runs apart; closed in order when it stops. */
export async function openParts({ config: partial, log, onStop }: Process) {
  const config = requireComplete(partial)
  await requireStores(config)
  const { clock, stop } = await startClock(config)
  onStop(stop)
  const runtime = createRuntime(config, clock, log)
  onStop(runtime.close)
  await requireKeys(runtime)
  warnOfTexts(runtime)
  const backend = createQueueBackend(config, log)
  onStop(backend.close)
  return { config, runtime, backend }
}

/** @throws OperatorError naming the store that does not answer */
export async function requireStores({ DATABASE_URL, REDIS_URL }: Stores): Promise<void> {
  const answer = async (expected: string, attempt: () => Promise<unknown>) => {
    try {
      await attempt()
    } catch (error) {
      const { cause, message } = error as Error & { cause?: Error }
      throw new OperatorError(`${expected} that answers (${cause?.message || message})`)
    }
  }
  await answer('DATABASE_URL: expected a Postgres', async () => {
    const { db, close } = connect(DATABASE_URL, { poolSize: 1 })
    await db.execute(sql`select 1`).finally(close)
  })
  if (REDIS_URL) await answer('REDIS_URL: expected a Redis', () => tryRedis(REDIS_URL))
}

/**
 * What can't be opened because it was never sealed is only warned of: it breaks one account or webhook, which the
 * operator mends in the pages of the running app.
 * @throws OperatorError where secrets that are kept for good are sealed with a key that is not at hand
 */
export async function requireKeys({ warmup: { store, log } }: Pick<Runtime, 'warmup'>): Promise<void> {
  const missing = (await store.keyUse.inUse()).filter(({ column, atHand }) => column.lasting && !atHand)
  const keys = Object.entries(Object.groupBy(missing, ({ keyId }) => keyId)).map(([keyId, uses = []]) => {
    const sealed = uses.map(({ secrets, column }) => `${secrets} of ${column.name}`)
    return `the key ${keyId} that seals ${sealed.join(' and ')}`
  })
  if (keys.length > 0) throw new OperatorError(`TOKEN_ENCRYPTION_KEYS: expected also ${keys.join(', and ')}`)
  for (const { column, key, reason } of await store.keyUse.notSealed(MOST_WARNINGS))
    log.warn(
      { column: column.name, id: key },
      `${reason}: write it anew (connect the account, add the webhook)`,
    )
}

/** An own conversation text with a problem is left out, and nothing stops for it. */
export function warnOfTexts({ warmup }: Pick<Runtime, 'warmup'>): void {
  for (const { file, line, problem } of warmup.textProblems)
    warmup.log.warn({ folder: warmup.textsFolder, file, line }, `left out: ${file}:${line} ${problem}`)
}

/** Brings database and queue to today's shape. Harmless beside running processes. */
export async function migrate(config: Stores): Promise<void> {
  await requireStores(config)
  await migrateDatabase(config.DATABASE_URL)
  if (!config.REDIS_URL) await migratePostgresBackend(config.DATABASE_URL)
}

export type Workers = { dispatcher: Dispatcher; close(): Promise<void> }

/** A worker for each kind of task, and a dispatcher that feeds them. `close` waits for the tasks that are running. */
export function startWorkers(
  { warmup }: Pick<Runtime, 'warmup'>,
  backend: QueueBackend,
  options: { kinds: readonly TaskKind[]; concurrency: number; pollMs: number },
): Workers {
  const { store, clock, log } = warmup
  const { kinds } = options
  const leases = createLeaseKeeper({
    renew: (held) => store.tasks.renew(held, TASK_LEASE_SECONDS),
    beatMs: (TASK_LEASE_SECONDS * 1000) / 4,
    log,
  })
  const workers = kinds.map((kind) =>
    backend.worker(
      kind,
      onlyHandouts(kind, (handout) => runTask(warmup, handout, leases.hold), log),
      // Plans are made one after the other anyway: many at once would only hold database connections while they wait.
      kind === 'plan' ? 1 : options.concurrency,
    ),
  )
  const dispatcher = createDispatcher({
    backend,
    kinds,
    handOut: (wanted) =>
      store.tasks.handOut({
        kinds: wanted,
        now: clock.now(),
        window: HANDOUT_WINDOW,
        leaseSeconds: TASK_LEASE_SECONDS,
      }),
    pollMs: options.pollMs,
    log,
  })
  return {
    dispatcher,
    async close() {
      const grace = setTimeout(leases.interrupt, GRACE_MS)
      await dispatcher.stop()
      await Promise.all(workers.map((worker) => worker.close()))
      clearTimeout(grace)
      leases.stop()
    },
  }
}
