import type { GoogleProblem } from '../domain/errors.ts'
import type { TokenFailure } from '../domain/token-failure.ts'

/** What is asked: the Gmail API, or one of the endpoints of Google's OAuth. */
export type Endpoint = 'gmail' | 'token' | 'revoke' | 'userinfo'

/**
 * What an answer means for what was asked:
 * - `done`: it is done
 * - `later`: it was not done; it is asked again when the answer says, or after a back-off
 * - `refresh`: it was not done; it is asked again with a new access token
 * - `never`: it was not done, and asking again in the same words would not help
 * - `unknown`: it may have been done; before it is asked again, who can't do it twice has to look
 */
export type Meaning = 'done' | 'later' | 'refresh' | 'never' | 'unknown'

/** How long until it is worth asking again, where the answer names no time. */
export type Pause = 'five minutes' | 'an hour' | 'a day'

/** A status, a hundred of them, a success that does not hold what was asked for, or no answer at all. */
export type AnswerStatus = number | '2xx' | '3xx' | '4xx' | '5xx' | 'unreadable' | 'none'

export type AnswerLine = {
  name: string
  of: readonly Endpoint[]
  status: AnswerStatus
  /** Of the Gmail API the `reason`, of the others the `error`; left out where any will do. */
  codes?: readonly string[]
  /** Over the code and all of Google's words. */
  says?: RegExp
  /** Also of a body that is not in Google's own form: a page of HTML, say, of whatever stands between. */
  inAnyForm?: true
  meaning: Meaning
  problem?: GoogleProblem
  /** What it says of a grant that is dead. */
  failure?: TokenFailure
  pause?: Pause
  source: string
}

const GUIDE = 'https://developers.google.com/workspace/gmail/api/guides/handle-errors'
const ERRORS = 'https://cloud.google.com/apis/design/errors'
const OAUTH = 'https://developers.google.com/identity/protocols/oauth2/web-server'
const RFC_OAUTH = 'https://www.rfc-editor.org/rfc/rfc6749#section-5.2'
const RFC_REVOKE = 'https://www.rfc-editor.org/rfc/rfc7009#section-2.2'
const RFC_BEARER = 'https://www.rfc-editor.org/rfc/rfc6750#section-3.1'
const RFC_HTTP = 'https://www.rfc-editor.org/rfc/rfc9110#section-15'
const SESSIONS =
  'https://knowledge.workspace.google.com/admin/security/set-session-length-for-google-cloud-services'

const ALL: readonly Endpoint[] = ['gmail', 'token', 'userinfo', 'revoke']
const OAUTHS: readonly Endpoint[] = ['token', 'userinfo', 'revoke']
const CLIENT_ERRORS = [
  'invalid_client',
  'unauthorized_client',
  'deleted_client',
  'disabled_client',
  'unsupported_grant_type',
]

/**
 * What each answer of Google means. The first line that fits counts, and one fits always. Whatever is not in Google's own
 * form and is no success tells nothing, but by its status that a token was refused or that too much was asked: it may be
 * some proxy's, and nobody suffers for what a proxy says.
 */
// biome-ignore format: a table
export const ANSWERS: readonly AnswerLine[] = [
  { name: 'success', of: ALL, status: '2xx', meaning: 'done', inAnyForm: true, source: RFC_HTTP },
  { name: 'success without what was asked for', of: ['gmail', 'token', 'userinfo'], status: 'unreadable', meaning: 'unknown', problem: 'passing', inAnyForm: true, source: RFC_HTTP },
  { name: 'no answer', of: ALL, status: 'none', meaning: 'unknown', problem: 'passing', inAnyForm: true, source: RFC_HTTP },
  { name: 'failure of Google', of: ALL, status: '5xx', meaning: 'unknown', problem: 'passing', inAnyForm: true, source: GUIDE },
  { name: 'request took too long', of: ALL, status: 408, meaning: 'unknown', problem: 'passing', inAnyForm: true, source: RFC_HTTP },

  { name: 'access token refused', of: ['gmail', 'userinfo'], status: 401, meaning: 'refresh', problem: 'unauthorized', inAnyForm: true, source: GUIDE },
  { name: 'mail sending limit', of: ['gmail'], status: 429, says: /mail sending|sending limit/i, meaning: 'later', problem: 'rate_limited', pause: 'an hour', source: GUIDE },
  { name: 'too much asked', of: ALL, status: 429, meaning: 'later', problem: 'rate_limited', inAnyForm: true, source: GUIDE },

  { name: 'daily limit', of: ['gmail'], status: 403, codes: ['dailyLimitExceeded', 'quotaExceeded'], meaning: 'later', problem: 'rate_limited', pause: 'a day', source: GUIDE },
  { name: 'rate limit', of: ['gmail'], status: 403, codes: ['rateLimitExceeded', 'userRateLimitExceeded', 'RATE_LIMIT_EXCEEDED', 'RESOURCE_EXHAUSTED'], meaning: 'later', problem: 'rate_limited', source: GUIDE },
  { name: 'domain policy', of: ['gmail'], status: 403, codes: ['domainPolicy'], meaning: 'later', problem: 'domain_policy', pause: 'an hour', source: GUIDE },
  { name: 'Gmail API is off in the Cloud project', of: ['gmail'], status: 403, codes: ['accessNotConfigured', 'SERVICE_DISABLED'], meaning: 'later', problem: 'api_disabled', pause: 'five minutes', source: ERRORS },
  // The refresh tells which scopes are granted; only where they do not suffice does the account need its owner.
  { name: 'scopes do not suffice', of: ['gmail'], status: 403, codes: ['insufficientPermissions', 'ACCESS_TOKEN_SCOPE_INSUFFICIENT'], meaning: 'refresh', problem: 'unauthorized', source: RFC_BEARER },
  { name: 'mail is turned off', of: ['gmail'], status: 400, codes: ['failedPrecondition', 'FAILED_PRECONDITION'], says: /mail service not enabled/i, meaning: 'later', problem: 'mail_disabled', pause: 'an hour', source: GUIDE },
  { name: 'not found', of: ['gmail'], status: 404, meaning: 'never', problem: 'not_found', source: GUIDE },
  { name: 'changed by somebody else at once', of: ['gmail'], status: 409, codes: ['aborted', 'ABORTED'], meaning: 'later', problem: 'passing', source: ERRORS },
  { name: 'refused', of: ['gmail'], status: '4xx', meaning: 'never', problem: 'refused', source: GUIDE },

  { name: 'session has ended', of: ['token'], status: '4xx', codes: ['invalid_grant'], says: /invalid_rapt|rapt_required/, meaning: 'never', problem: 'grant_revoked', failure: 'session_policy', source: SESSIONS },
  { name: 'account is gone', of: ['token'], status: '4xx', codes: ['invalid_grant'], says: /account (has been|is|was) (deleted|disabled|suspended)/i, meaning: 'never', problem: 'grant_revoked', failure: 'account_gone', source: OAUTH },
  { name: 'grant is dead', of: ['token'], status: '4xx', codes: ['invalid_grant'], meaning: 'never', problem: 'grant_revoked', source: RFC_OAUTH },
  { name: 'policy of the organisation', of: ['token'], status: '4xx', codes: ['admin_policy_enforced'], meaning: 'later', problem: 'domain_policy', pause: 'an hour', source: OAUTH },
  { name: 'OAuth asks to wait', of: OAUTHS, status: '4xx', codes: ['rate_limit_exceeded', 'slow_down'], meaning: 'later', problem: 'rate_limited', source: OAUTH },
  { name: 'OAuth client refused', of: ['token', 'revoke'], status: '4xx', codes: CLIENT_ERRORS, meaning: 'later', problem: 'app_refused', source: RFC_OAUTH },
  { name: 'revoked already', of: ['revoke'], status: 400, codes: ['invalid_token'], meaning: 'done', source: RFC_REVOKE },
  // An error that nobody knows condemns nobody.
  { name: 'unknown error of OAuth', of: OAUTHS, status: '4xx', meaning: 'later', problem: 'passing', source: RFC_OAUTH },

  { name: 'not in Google’s form', of: ALL, status: '4xx', meaning: 'unknown', problem: 'passing', inAnyForm: true, source: RFC_HTTP },
  { name: 'neither success nor error', of: ALL, status: '3xx', meaning: 'unknown', problem: 'passing', inAnyForm: true, source: RFC_HTTP },
]
