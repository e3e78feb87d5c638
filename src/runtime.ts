import { setTimeout as delay } from 'node:timers/promises'
import { type CompleteConfig, ownTextsOf, requireComplete } from './config.ts'
import { connect } from './db/connection.ts'
import { isAnotherDatabase } from './db/database-identity.ts'
import { sql } from './db/drizzle.ts'
import { migrateDatabase } from './db/migrate.ts'
import { createSealer } from './db/sealing.ts'
import { isAccelerated, type SharedClock, shareClock } from './db/shared-clock.ts'
import { createStore } from './db/store.ts'
import { createResolver } from './dns/resolver.ts'
import { type Clock, wallClock } from './domain/clock.ts'
import { OperatorError, wordsOf } from './domain/errors.ts'
import type { Handout, TaskKind } from './domain/task.ts'
import { createGmail, type GmailCall } from './google/gmail.ts'
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
import { createRuns } from './queue/runs.ts'
import { stopRuns } from './queue/stop-runs.ts'
import { openTelemetry, type Telemetry, UNTOLD } from './telemetry.ts'
import { loadConversations } from './texts/load-conversations.ts'
import { createAuthenticator } from './warmup/authenticate-and-update-token.ts'
import type { Warmup } from './warmup/dependencies.ts'
import { createGoogleGate } from './warmup/google-gate.ts'
import { createMailboxOpener } from './warmup/mailboxes.ts'
import { runTask, TASK_LEASE_SECONDS } from './warmup/run-task.ts'

const GOOGLE_TIMEOUT_MS = 20_000
const DNS_TIMEOUT_MS = 8000
/** How often workers tell each other what they know of Google. */
const GOOGLE_BEAT_MS = 2000
/** How many tasks may be in the queue's hands at once, over all processes. */
const HANDOUT_WINDOW = 1000
/** How long a stop then waits for the queue's store, which may be away. */
const FAREWELL_MS = 1000
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
export function createRuntime(
  config: CompleteConfig,
  clock: Clock,
  log: Logger,
  telemetry: Telemetry = UNTOLD,
) {
  const ownTexts = ownTextsOf(config)
  const conversations = loadConversations(ownTexts)
  const { observe, traces } = telemetry
  const connection = connect(config.DATABASE_URL, {
    poolSize: Math.min(10 + config.WORKER_CONCURRENCY, 40),
    watch: traces?.statement,
  })
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
      onCall: observe.googleCalled,
    },
    clock,
  )
  const notifier = createNotifier(noticeMailOf(config))
  const told = { store, clock, mailsNotices: notifier.mail !== null }
  const google = createGoogleGate(
    { ...told, random: Math.random, log },
    {
      unitsPerMinuteProject: config.GMAIL_UNITS_PER_MINUTE_PROJECT,
      unitsPerMinuteAccount: config.GMAIL_UNITS_PER_MINUTE_ACCOUNT,
    },
  )
  const onCall = (call: GmailCall) => {
    google.onCall(call)
    observe.googleCalled(call)
  }
  const gmail = createGmail({ apiRoot: config.GOOGLE_API_ROOT, timeoutMs: GOOGLE_TIMEOUT_MS, onCall }, clock)
  const authenticateAndUpdateToken = createAuthenticator({
    ...told,
    oauth,
    random: Math.random,
    observe,
    log,
  })
  const warmup: Warmup = {
    ...told,
    oauth,
    gmail,
    notifier,
    resolver: createResolver({ servers: config.DNS_SERVERS, timeoutMs: DNS_TIMEOUT_MS }),
    baseUrl: config.BASE_URL,
    authenticateAndUpdateToken,
    openMailbox: createMailboxOpener(gmail, authenticateAndUpdateToken, google),
    google,
    texts: conversations.texts,
    textProblems: conversations.problems,
    textsFolder: ownTexts.path,
    random: Math.random,
    seed: 'kindling',
    observe,
    log,
  }

  async function close() {
    gmail.close()
    await connection.close()
  }
  return { warmup, db: connection.db, sealer, telemetry, close }
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
export function createQueueBackend(
  config: CompleteConfig,
  log: Logger,
  { traces }: Telemetry = UNTOLD,
): QueueBackend {
  const onError = (err: Error) => log.warn({ err }, 'the queue’s connection failed')
  return config.REDIS_URL
    ? redisBackend(config.REDIS_URL, onError, { telemetry: traces?.queue })
    : postgresBackend(config.DATABASE_URL, onError, { telemetry: traces?.queue })
}

/**
 * Settings, runtime and queue of a process that runs apart; closed in order when it stops.
 * @param options.counts whether somebody will scrape it
 */
export async function openParts(
  { config: partial, log, onStop }: Process,
  options: { counts: (config: CompleteConfig) => boolean },
) {
  const config = requireComplete(partial)
  await requireStores(config)
  const telemetry = await openTelemetry(config, { counts: options.counts(config) }, onStop)
  const { clock, stop } = await startClock(config)
  onStop(stop)
  const runtime = createRuntime(config, clock, log, telemetry)
  onStop(runtime.close)
  await requireKeys(runtime)
  warnOfTexts(runtime)
  const backend = createQueueBackend(config, log, telemetry)
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

/**
 * A backup that was restored takes mail for unsent that was sent since: workers would send it again.
 * @throws OperatorError where the database is not the one that workers ran on before
 */
export async function requireSameDatabase({ db }: Pick<Runtime, 'db'>): Promise<void> {
  if (await isAnotherDatabase(db))
    throw new OperatorError(
      'this database was restored from a backup, or is a copy: run npm run after-restore first, or mail that was sent since would be sent again (docs/backup.md)',
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

/**
 * A worker for each kind of task, and a dispatcher that feeds them. After `close` none begins; those that run end, or hand
 * their tasks back (see stopRuns).
 */
export function startWorkers(
  { warmup, telemetry: { traces } }: Pick<Runtime, 'warmup' | 'telemetry'>,
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
  const runs = createRuns()
  const run = (handout: Handout) => {
    const work = () => runTask(warmup, handout, leases.hold)
    return runs
      .begin<unknown>(traces ? () => traces.run(handout, work) : work, () => store.tasks.decline(handout))
      .catch((err: unknown) => {
        log.warn({ ...handout, err }, 'a task could not be run; it is handed out again after its lease')
        // BullMQ keeps and traces the words of an error: a failed query's would name its parameters.
        throw new Error(wordsOf(err))
      })
  }
  const workers = kinds.map((kind) =>
    // Plans are made one after the other anyway: many at once would only hold database connections while they wait.
    backend.worker(kind, onlyHandouts(kind, run, log), kind === 'plan' ? 1 : options.concurrency),
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
  const beat = warmup.google.start(GOOGLE_BEAT_MS)
  return {
    dispatcher,
    async close() {
      const closed = Promise.all([dispatcher.stop(), ...workers.map((worker) => worker.close())]).catch(
        (err: unknown) => log.warn({ err }, 'the queue was not closed in order'),
      )
      await stopRuns(runs, leases, store.tasks.handBack)
      leases.stop()
      await Promise.race([closed, delay(FAREWELL_MS, undefined, { ref: false })])
      await beat.stop()
    },
  }
}
