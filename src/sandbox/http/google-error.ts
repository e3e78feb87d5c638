import { json, type Reply } from './exchange.ts'

/** An error in the envelope of Google's APIs. */
export class GoogleError extends Error {
  readonly code: number
  readonly reason: string
  readonly headers: Record<string, string>
  readonly details: unknown[]

  constructor(
    code: number,
    reason: string,
    message: string,
    extra: { headers?: Record<string, string>; details?: unknown[] } = {},
  ) {
    super(message)
    this.code = code
    this.reason = reason
    this.headers = extra.headers ?? {}
    this.details = extra.details ?? []
  }

  toReply(): Reply {
    const { code, reason, message, details } = this
    const error = {
      code,
      message,
      errors: [{ message, domain: USAGE_LIMITS.has(reason) ? 'usageLimits' : 'global', reason }],
      status: statusOf(code, reason),
      ...(details.length > 0 ? { details } : {}),
    }
    return json({ error }, code, this.headers)
  }
}

export const invalidArgument = (message: string) => new GoogleError(400, 'invalidArgument', message)
export const failedPrecondition = (message: string) => new GoogleError(400, 'failedPrecondition', message)
export const notFound = () => new GoogleError(404, 'notFound', 'Requested entity was not found.')

const RATE_LIMITS = ['rateLimitExceeded', 'userRateLimitExceeded', 'dailyLimitExceeded', 'quotaExceeded']
const USAGE_LIMITS = new Set([...RATE_LIMITS, 'accessNotConfigured'])

// https://cloud.google.com/apis/design/errors#handling_errors
const STATUS: Record<number, string> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ALREADY_EXISTS',
  413: 'INVALID_ARGUMENT',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
}

function statusOf(code: number, reason: string): string {
  if (reason === 'failedPrecondition') return 'FAILED_PRECONDITION'
  if (RATE_LIMITS.includes(reason)) return 'RESOURCE_EXHAUSTED'
  return STATUS[code] ?? 'UNKNOWN'
}
