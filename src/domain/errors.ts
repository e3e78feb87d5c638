import type { TokenFailure } from './token-failure.ts'

/** An error whose words tell the operator all there is to know: what is wrong and what was expected. */
export class OperatorError extends Error {
  constructor(message: string) {
    super(message)
    this.name = new.target.name
  }
}

/**
 * What Google's refusal means for us, as the table in src/google/answers.ts has it. No other code looks at a status:
 * - `passing`: the network, a 5xx or an answer that can't be read; try again, nobody is to blame
 * - `rate_limited`: try again at `retryAt` (or after a while, where Google named no time)
 * - `unauthorized`: the access token is refused; refresh once, try once more
 * - `grant_revoked`: the refresh token is dead; only the owner of the mailbox can mend it
 * - `app_refused`: Google refuses our OAuth client, not the account
 * - `api_disabled`: the Gmail API is off in the OAuth client's Cloud project, for all of its accounts
 * - `mail_disabled`, `domain_policy`: the domain's administrator has closed the mailbox, or it to this app
 * - `not_found`: the message or draft is not there
 * - `refused`: this account may not do this, and `message` says why
 */
export const GOOGLE_PROBLEMS = [
  'passing',
  'rate_limited',
  'unauthorized',
  'grant_revoked',
  'app_refused',
  'api_disabled',
  'mail_disabled',
  'domain_policy',
  'not_found',
  'refused',
] as const
export type GoogleProblem = (typeof GOOGLE_PROBLEMS)[number]

export class GoogleError extends Error {
  readonly problem: GoogleProblem
  readonly retryAt: Date | null
  /** What Google itself says of why a grant is dead; null where it does not say. */
  readonly grantFailure: TokenFailure | null
  /** Whether Google may have done what it was asked all the same: its answer was lost, or tells nothing. */
  readonly mayBeDone: boolean

  constructor(
    problem: GoogleProblem,
    message: string,
    options: { retryAt?: Date | null; grantFailure?: TokenFailure | null; mayBeDone?: boolean } = {},
  ) {
    super(message)
    this.name = 'GoogleError'
    this.problem = problem
    this.retryAt = options.retryAt ?? null
    this.grantFailure = options.grantFailure ?? null
    this.mayBeDone = options.mayBeDone ?? problem === 'passing'
  }
}

/** The account can't be used until its owner connects it again. */
export class NeedsReauthError extends Error {
  readonly failure: TokenFailure

  constructor(failure: TokenFailure, words: string) {
    super(words)
    this.name = 'NeedsReauthError'
    this.failure = failure
  }
}

/** The grant lacks what the account's tasks need. */
export class MissingScopesError extends NeedsReauthError {
  readonly scopes: string[]

  constructor(scopes: string[]) {
    super('missing_scopes', `the grant lacks ${scopes.join(', ')}`)
    this.scopes = scopes
  }
}

const FAILURES: Record<GoogleProblem, TokenFailure> = {
  passing: 'google_unavailable',
  rate_limited: 'rate_limited',
  unauthorized: 'access_refused',
  grant_revoked: 'grant_revoked',
  app_refused: 'app_refused',
  api_disabled: 'api_disabled',
  mail_disabled: 'mail_disabled',
  domain_policy: 'domain_policy',
  not_found: 'google_unavailable',
  refused: 'access_refused',
}

/** What an error of Google, or of a grant, means for a token. */
export function failureOf(error: unknown): TokenFailure {
  if (error instanceof NeedsReauthError) return error.failure
  return error instanceof GoogleError ? FAILURES[error.problem] : 'internal'
}

/** A notice could not be delivered, in words for the operator; it is tried again. */
export class NoticeError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'NoticeError'
  }
}

/** What to say of an error. A failed query carries its parameters in its message; what went wrong is in its cause. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}
