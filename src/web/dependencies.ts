import type { IncomingMessage, ServerResponse } from 'node:http'
import type session from 'express-session'
import type { Dashboard } from '../db/dashboard.ts'
import type { CheckPushToken } from '../google/push-token.ts'
import type { Logger } from '../logger.ts'
import type { Warmup } from '../warmup/dependencies.ts'

export type Readiness = {
  /** Each part without which the app can't answer, by name, and `ok` or what is wrong with it. */
  parts: Record<string, 'ok' | string>
  /** For how many of the wall's seconds the longest due of the tasks that nobody has begun has waited; null if not known. */
  secondsOverdue: number | null
}

/** What the web part works with; it builds none of it. */
export type WebDependencies = {
  warmup: Warmup
  dashboard: Dashboard
  /** Where visitors reach the app. Its host is the only one that is answered; https makes cookies `secure`. */
  baseUrl: string
  operatorPassword: string | undefined
  /** The newest first: it signs, all of them verify. */
  sessionSecrets: string[]
  sessionStore: session.Store
  ready: () => Promise<Readiness>
  /** Answers a scrape, or says why it does not. */
  tellMetrics: (request: IncomingMessage, response: ServerResponse) => Promise<void>
  /** Whether Google has signed a notification; null where none is expected. */
  checkPushToken: CheckPushToken | null
  /** Stands at the top of every page. */
  notice: { title: string; text: string } | null
  /** The visitors' time: sessions, one-time links, visits to Google. `warmup.clock` is warmup time. */
  wallNow: () => Date
  log: Logger
}
