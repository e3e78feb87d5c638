import { GoogleError, type GoogleProblem } from '../domain/errors.ts'

/** An answer of Google that is not a success; `status` is null where no answer came at all. */
export type Refusal = { status: number | null; body: unknown; retryAfter: string | null; message: string }

/** Reasons that Gmail gives with a 403 but that only mean "later".
 *  https://developers.google.com/workspace/gmail/api/guides/handle-errors */
const RATE_LIMIT_REASONS = new Set(['rateLimitExceeded', 'userRateLimitExceeded'])
const DAILY_LIMIT_REASONS = new Set(['dailyLimitExceeded', 'quotaExceeded'])

/** Reads an answer of the Gmail API. */
export function gmailError(refusal: Refusal, now: Date): GoogleError {
  const { status } = refusal
  const { reason, message } = envelopeOf(refusal.body)
  const text = `${message ?? refusal.message}${status === null ? '' : ` (${status}${reason ? ` ${reason}` : ''})`}`
  const make = (problem: GoogleProblem, retryAt: Date | null = null) =>
    new GoogleError(problem, text, { retryAt })

  if (status === null || status >= 500) return make('passing', retryTime(refusal, text, now))
  if (status === 401) return make('unauthorized')
  if (status === 404) return make('not_found')
  if (status === 429 || (status === 403 && RATE_LIMIT_REASONS.has(reason ?? '')))
    return make('rate_limited', retryTime(refusal, text, now))
  if (status === 403 && DAILY_LIMIT_REASONS.has(reason ?? ''))
    return make('rate_limited', new Date(now.getTime() + 24 * 3_600_000))
  return make('refused')
}

/** Reads an answer of the token endpoint. RFC 6749, section 5.2. */
export function tokenError(refusal: Refusal, now: Date): GoogleError {
  const body = refusal.body as { error?: unknown; error_description?: unknown } | null
  const error = typeof body?.error === 'string' ? body.error : null
  const text = error ? `${error}: ${String(body?.error_description ?? '')}` : refusal.message
  if (refusal.status === 429)
    return new GoogleError('rate_limited', text, { retryAt: retryTime(refusal, text, now) })
  if (refusal.status === null || refusal.status >= 500) return new GoogleError('passing', text)
  if (error === 'invalid_grant') return new GoogleError('grant_revoked', text)
  if (error === null) return new GoogleError('passing', text)
  return new GoogleError('app_refused', text)
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

/** Retry-After in seconds or as a date (RFC 9110, 10.2.3), or the time that Gmail writes into its message. */
function retryTime(refusal: Refusal, text: string, now: Date): Date | null {
  const { retryAfter } = refusal
  if (retryAfter !== null && /^\d+$/.test(retryAfter))
    return new Date(now.getTime() + Number(retryAfter) * 1000)
  const named = retryAfter ?? text.match(/\d{4}-\d\d-\d\dT[\d:.]+Z/)?.[0]
  const at = named ? new Date(named) : null
  return at && at > now ? at : null
}
