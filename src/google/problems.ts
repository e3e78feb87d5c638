import { GoogleError, type GoogleProblem } from '../domain/errors.ts'
import type { TokenFailure } from '../domain/token-failure.ts'

/** An answer of Google that is not a success; `status` is null where no answer came at all. */
export type Refusal = { status: number | null; body: unknown; retryAfter: string | null; message: string }

/** How long until it is worth asking again, where Google names no time. */
type Pause = 'an hour' | 'a day'
const PAUSE_MS: Record<Pause, number> = { 'an hour': 3_600_000, 'a day': 24 * 3_600_000 }

/**
 * What the Gmail API's answers mean. The first line that fits counts; whatever fits none is `refused`.
 * https://developers.google.com/workspace/gmail/api/guides/handle-errors
 */
const GMAIL_ANSWERS: {
  status: number
  reasons?: string[]
  says?: RegExp
  problem: GoogleProblem
  pause?: Pause
}[] = [
  { status: 401, problem: 'unauthorized' },
  { status: 404, problem: 'not_found' },
  { status: 429, problem: 'rate_limited' },
  { status: 403, reasons: ['rateLimitExceeded', 'userRateLimitExceeded'], problem: 'rate_limited' },
  {
    status: 403,
    reasons: ['dailyLimitExceeded', 'quotaExceeded'],
    problem: 'rate_limited',
    pause: 'a day',
  },
  { status: 403, reasons: ['domainPolicy'], problem: 'domain_policy', pause: 'an hour' },
  {
    status: 400,
    reasons: ['failedPrecondition', 'FAILED_PRECONDITION'],
    says: /mail service not enabled/i,
    problem: 'mail_disabled',
    pause: 'an hour',
  },
]

/**
 * What the token endpoint's answers mean, by `error` (RFC 6749, 5.2) and what Google adds to it. Whatever fits none is
 * `passing`: an error that nobody knows condemns nobody.
 * https://developers.google.com/identity/protocols/oauth2/web-server#authorization-errors-invalid-grant
 */
const TOKEN_ANSWERS: {
  errors: string[]
  /** Over the description and the subtype. */
  says?: RegExp
  problem: GoogleProblem
  failure?: TokenFailure
  pause?: Pause
}[] = [
  // https://knowledge.workspace.google.com/admin/security/set-session-length-for-google-cloud-services
  {
    errors: ['invalid_grant'],
    says: /invalid_rapt|rapt_required/,
    problem: 'grant_revoked',
    failure: 'session_policy',
  },
  {
    errors: ['invalid_grant'],
    says: /account (has been|is|was) (deleted|disabled|suspended)/i,
    problem: 'grant_revoked',
    failure: 'account_gone',
  },
  { errors: ['invalid_grant'], problem: 'grant_revoked' },
  {
    errors: ['admin_policy_enforced'],
    problem: 'domain_policy',
    pause: 'an hour',
  },
  { errors: ['rate_limit_exceeded', 'slow_down'], problem: 'rate_limited' },
  {
    errors: [
      'invalid_client',
      'unauthorized_client',
      'deleted_client',
      'disabled_client',
      'unsupported_grant_type',
    ],
    problem: 'app_refused',
  },
]

/** Reads an answer of the Gmail API. */
export function gmailError(refusal: Refusal, now: Date): GoogleError {
  const { status } = refusal
  const { reason, message } = envelopeOf(refusal.body)
  const text = `${message ?? refusal.message}${status === null ? '' : ` (${status}${reason ? ` ${reason}` : ''})`}`
  if (status === null || status >= 500)
    return new GoogleError('passing', text, { retryAt: retryTime(refusal, text, now) })
  const line = GMAIL_ANSWERS.find(
    ({ reasons, says, ...answer }) =>
      answer.status === status && (!reasons || reasons.includes(reason ?? '')) && (!says || says.test(text)),
  )
  return new GoogleError(line?.problem ?? 'refused', text, {
    retryAt: line ? pauseTime(line, refusal, text, now) : null,
  })
}

/** Reads an answer of the token endpoint. */
export function tokenError(refusal: Refusal, now: Date): GoogleError {
  const { status } = refusal
  const { error, description, subtype } = tokenAnswerOf(refusal.body)
  const text = error ? [error, description, subtype].filter((part) => part).join(': ') : refusal.message
  if (status === 429) return new GoogleError('rate_limited', text, { retryAt: retryTime(refusal, text, now) })
  if (status === null || status >= 500 || error === '')
    return new GoogleError('passing', text, { retryAt: retryTime(refusal, text, now) })
  const line = TOKEN_ANSWERS.find(({ errors, says }) => errors.includes(error) && (!says || says.test(text)))
  return new GoogleError(line?.problem ?? 'passing', text, {
    retryAt: line ? pauseTime(line, refusal, text, now) : null,
    grantFailure: line?.failure ?? null,
  })
}

function envelopeOf(body: unknown): { reason: string | null; message: string | null } {
  const error = (
    body as { error?: { message?: unknown; errors?: { reason?: unknown }[]; status?: unknown } } | null
  )?.error
  if (typeof error !== 'object' || error === null) return { reason: null, message: null }
  const reason = error.errors?.[0]?.reason ?? error.status
  return {
    reason: typeof reason === 'string' ? reason : null,
    message: typeof error.message === 'string' ? error.message : null,
  }
}

function tokenAnswerOf(body: unknown): { error: string; description: string; subtype: string } {
  const fields = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  const text = (name: string) => (typeof fields[name] === 'string' ? (fields[name] as string) : '')
  return { error: text('error'), description: text('error_description'), subtype: text('error_subtype') }
}

function pauseTime({ pause }: { pause?: Pause }, refusal: Refusal, text: string, now: Date): Date | null {
  return pause ? new Date(now.getTime() + PAUSE_MS[pause]) : retryTime(refusal, text, now)
}

/**
 * Retry-After in seconds or as a date (RFC 9110, 10.2.3), or the time that Gmail writes into its message; never more
 * than a day ahead, whatever the answer says.
 */
function retryTime(refusal: Refusal, text: string, now: Date): Date | null {
  const latest = now.getTime() + PAUSE_MS['a day']
  const { retryAfter } = refusal
  if (retryAfter !== null && /^\d+$/.test(retryAfter))
    return new Date(Math.min(now.getTime() + Number(retryAfter) * 1000, latest))
  const named = retryAfter ?? text.match(/\d{4}-\d\d-\d\dT[\d:.]+Z/)?.[0]
  const at = named ? new Date(named) : null
  return at && at > now ? new Date(Math.min(at.getTime(), latest)) : null
}
