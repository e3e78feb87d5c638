import { type CompleteConfig, ownTextsOf, requireComplete } from './config.ts'
import { connect } from './db/connection.ts'
import { migrateDatabase } from './db/migrate.ts'
import { createSealer } from './db/sealing.ts'
import { isAccelerated, type SharedClock, shareClock } from './db/shared-clock.ts'
import { createStore } from './db/store.ts'
import { createResolver } from './dns/resolver.ts'
import { type Clock, wallClock } from './domain/clock.ts'
import { OperatorError } from './domain/errors.ts'
import { mostHeads } from './domain/quota.ts'
import { createGmail, type GmailCall } from './google/gmail.ts'
import { createOAuth } from './google/oauth.ts'
import type { Logger } from './logger.ts'
import { loadMailRules } from './mail-rules/load-mail-rules.ts'
import type { MailSettings } from './notices/mail.ts'
import { createNotifier } from './notices/notifier.ts'
import type { Process } from './process.ts'
import type { QueueBackend } from './queue/backend.ts'
import { migratePostgresBackend, postgresBackend } from './queue/postgres-backend.ts'
import { redisBackend } from './queue/redis-backend.ts'
import { requireKeys, requireStores, type Stores, warnOfTexts } from './start-checks.ts'
import { openTelemetry, type Telemetry, UNTOLD } from './telemetry.ts'
import { loadConversations } from './texts/load-conversations.ts'
import { createAuthenticator } from './warmup/authenticate-and-update-token.ts'
import type { Warmup } from './warmup/dependencies.ts'
import { createGoogleGate } from './warmup/google-gate.ts'
import { createMailboxOpener } from './warmup/mailboxes.ts'

export const GOOGLE_TIMEOUT_MS = 20_000
const DNS_TIMEOUT_MS = 8000

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

/**
 * No statement of ours is long, and a connection takes the next one before the last is answered: with 30 of them, a task
 * costs Postgres and the worker a tenth more, as each write of the one wakes the other.
 */
const CONNECTIONS = 10

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
    poolSize: CONNECTIONS,
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
    inbox: {
      everyMinutes: config.SYNC_EVERY_MINUTES || null,
      mostMails: Math.min(config.SYNC_MAILS_PER_ROUND, mostHeads(config.GMAIL_UNITS_PER_MINUTE_ACCOUNT)),
      rules: loadMailRules(config.MAIL_RULES_FILE),
      pushTopic: config.GMAIL_PUSH_TOPIC ?? null,
    },
    takers: null,
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

/** Brings database and queue to today's shape. Harmless beside running processes. */
export async function migrate(config: Stores): Promise<void> {
  await requireStores(config)
  await migrateDatabase(config.DATABASE_URL)
  if (!config.REDIS_URL) await migratePostgresBackend(config.DATABASE_URL)
}
