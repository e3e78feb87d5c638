/** An error whose words tell the operator all there is to know: what is wrong and what was expected. */
export class OperatorError extends Error {
  constructor(message: string) {
    super(message)
    this.name = new.target.name
  }
}

/**
 * What Google's refusal means for us. No other code looks at a status:
 * - `passing`: the network, a 5xx or an answer that can't be read; try again, nobody is to blame
 * - `rate_limited`: try again at `retryAt` (or after a while, where Google named no time)
 * - `unauthorized`: the access token is refused; refresh once, try once more
 * - `grant_revoked`: the refresh token is dead; only the owner of the mailbox can mend it
 * - `app_refused`: Google refuses our OAuth client, not the account
 * - `not_found`: the message or draft is not there
 * - `refused`: this account may not do this, and `message` says why
 */
export type GoogleProblem =
  | 'passing'
  | 'rate_limited'
  | 'unauthorized'
  | 'grant_revoked'
  | 'app_refused'
  | 'not_found'
  | 'refused'

export class GoogleError extends Error {
  readonly problem: GoogleProblem
  readonly retryAt: Date | null

  constructor(problem: GoogleProblem, message: string, options: { retryAt?: Date | null } = {}) {
    super(message)
    this.name = 'GoogleError'
    this.problem = problem
    this.retryAt = options.retryAt ?? null
  }
}

/** The account can't be used until its owner connects it again. */
export class NeedsReauthError extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'NeedsReauthError'
  }
}
