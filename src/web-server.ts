import { setTimeout as delay } from 'node:timers/promises'
import pgSession from 'connect-pg-simple'
import session from 'express-session'
import pg from 'pg'
import type { CompleteConfig } from './config.ts'
import { createDashboard } from './db/dashboard.ts'
import { wallClock } from './domain/clock.ts'
import { OperatorError } from './domain/errors.ts'
import { type CheckPushToken, createPushTokenCheck } from './google/push-token.ts'
import { createMetrics, type Metrics } from './metrics/metrics.ts'
import { metricsHandler } from './metrics/serve.ts'
import type { QueueBackend } from './queue/backend.ts'
import { createReadiness } from './readiness.ts'
import { GOOGLE_TIMEOUT_MS, type Runtime } from './runtime.ts'
import { createApp, type WebDependencies } from './web/app.ts'
import { createHttpServer } from './web/http-server.ts'

/** Taken, not allowed, of another machine, or a name that nobody knows. */
const CANT_LISTEN = new Set(['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN', 'EINVAL'])

/** How long a stop lets answers be given that are under way. */
const ANSWERS_END_WITHIN_MS = 1000

export type WebServer = { close(): Promise<void> }

/** Builds the web application's own adapters and listens. @throws OperatorError where the port is taken */
export async function startWeb(
  config: CompleteConfig,
  runtime: Runtime,
  backend: QueueBackend,
  notice: WebDependencies['notice'] = config.WARMUP_SPEED === 1 ? null : sandboxNotice(config),
): Promise<WebServer> {
  const { warmup, db, sealer } = runtime
  const { log } = warmup
  const sessions = new pg.Pool({ connectionString: config.DATABASE_URL, max: 4 })
  sessions.on('error', (err) => log.warn({ err }, 'a session connection failed'))
  const PgStore = pgSession(session)
  const store = new PgStore({ pool: sessions, tableName: 'sessions' })
  const app = createApp({
    warmup,
    dashboard: createDashboard(db),
    baseUrl: config.BASE_URL,
    operatorPassword: config.OPERATOR_PASSWORD,
    sessionSecrets: sealer.derive('kindling sessions'),
    sessionStore: store,
    ready: createReadiness(warmup, db, backend, config.WARMUP_SPEED),
    tellMetrics: metricsHandler(countFor(runtime, config, backend), config.METRICS_TOKEN),
    checkPushToken: pushTokenCheckFor(config),
    notice,
    wallNow: () => wallClock.now(),
    log,
  })
  const server = createHttpServer(app)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const place = `HOST=${config.HOST} PORT=${config.PORT}`
      reject(
        CANT_LISTEN.has(error.code ?? '')
          ? new OperatorError(`${place}: expected an address that is free to listen on (${error.code})`)
          : error,
      )
    })
    server.listen(config.PORT, config.HOST, resolve)
  })
  return {
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeIdleConnections()
      await Promise.race([closed, delay(ANSWERS_END_WITHIN_MS, undefined, { ref: false })])
      server.closeAllConnections()
      await closed
      store.close()
      await sessions.end()
    },
  }
}

/** Null where the operator has no topic that Gmail notifies of new mail by. */
export function pushTokenCheckFor(config: CompleteConfig): CheckPushToken | null {
  const { GMAIL_PUSH_TOPIC, GMAIL_PUSH_SERVICE_ACCOUNT, GMAIL_PUSH_AUDIENCE, GOOGLE_CERTS_URI } = config
  if (!GMAIL_PUSH_TOPIC || !GMAIL_PUSH_SERVICE_ACCOUNT) return null
  return createPushTokenCheck({
    certsUri: GOOGLE_CERTS_URI,
    audience: GMAIL_PUSH_AUDIENCE,
    serviceAccount: GMAIL_PUSH_SERVICE_ACCOUNT,
    timeoutMs: GOOGLE_TIMEOUT_MS,
  })
}

/** The counts of this process, which has the figures of database and queue as well. */
function countFor(
  { telemetry, warmup }: Runtime,
  { WARMUP_SPEED }: CompleteConfig,
  backend: QueueBackend,
): Metrics {
  const metrics = telemetry.metrics ?? createMetrics(WARMUP_SPEED)
  const { store, clock, log } = warmup
  const told = (part: string) => (err: unknown) => {
    log.warn({ err, part }, 'no figures for a scrape')
    throw err
  }
  metrics.addFigures({
    clock,
    store: () => store.figures.all(clock.now()).catch(told('postgres')),
    queue: () => backend.counts().catch(told('queue')),
  })
  return metrics
}

/** Said on every page. A speed above 1 is refused with Google's own API, so it tells a sandbox. */
export function sandboxNotice({ WARMUP_SPEED }: CompleteConfig) {
  const day = Math.round(86_400 / WARMUP_SPEED)
  const pace =
    WARMUP_SPEED === 1 ? '' : ` Time runs ${WARMUP_SPEED} times as fast: a day takes ${day} seconds.`
  return {
    title: 'Sandbox',
    text: `Google is simulated here and no mail leaves this machine.${pace}`,
  }
}

/** The link with which an operator signs in without a password: it works once, for a day. */
export async function signInLink(config: CompleteConfig, { warmup }: Runtime): Promise<string> {
  const token = await warmup.store.oneTime.issueSignIn(wallClock.now())
  return `${config.BASE_URL}/sign-in?token=${token}`
}
