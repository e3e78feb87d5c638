import type session from 'express-session'
import type { Dashboard } from '../db/dashboard.ts'
import type { Logger } from '../logger.ts'
import type { Warmup } from '../warmup/dependencies.ts'

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
  /** Each part the app needs, by name, and `ok` or what is wrong with it. */
  ready: () => Promise<Record<string, 'ok' | string>>
  /** Stands at the top of every page. */
  notice: { title: string; text: string } | null
  /** The visitors' time: sessions, one-time links, visits to Google. `warmup.clock` is warmup time. */
  wallNow: () => Date
  log: Logger
}
