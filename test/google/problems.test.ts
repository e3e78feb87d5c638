import { describe, expect, test } from 'vitest'
import type { GoogleError } from '../../src/domain/errors.ts'
import { readAnswer } from '../../src/google/problems.ts'

const now = new Date('2026-03-02T12:00:00Z')
const envelope = (code: number, reason: string, message = 'Message') => ({
  error: { code, message, errors: [{ reason, domain: 'global', message }] },
})
const gmail = (status: number | null, body: unknown = null, retryAfter: string | null = null) =>
  readAnswer('gmail', { status, body, retryAfter, message: 'm' }, now) as GoogleError
const token = (status: number | null, body: unknown = null, retryAfter: string | null = null) =>
  readAnswer('token', { status, body, retryAfter, message: 'm' }, now) as GoogleError

describe('an answer of Gmail', () => {
  test.each([
    [null, null, 'passing'],
    [500, envelope(500, 'backendError'), 'passing'],
    [503, '<html>', 'passing'],
    [401, envelope(401, 'authError'), 'unauthorized'],
    [404, envelope(404, 'notFound'), 'not_found'],
    [429, envelope(429, 'rateLimitExceeded'), 'rate_limited'],
    [403, envelope(403, 'rateLimitExceeded'), 'rate_limited'],
    [403, envelope(403, 'userRateLimitExceeded'), 'rate_limited'],
    [403, envelope(403, 'dailyLimitExceeded'), 'rate_limited'],
    [403, envelope(403, 'domainPolicy'), 'domain_policy'],
    [403, envelope(403, 'insufficientPermissions'), 'unauthorized'],
    [400, envelope(400, 'failedPrecondition', 'Mail service not enabled'), 'mail_disabled'],
    [400, envelope(400, 'failedPrecondition', 'Precondition check failed.'), 'refused'],
    [400, null, 'passing'],
    [403, '<html>', 'passing'],
    [404, '<html>', 'passing'],
  ] as const)('%s %j means %s', (status, body, problem) => {
    expect(gmail(status, body).problem).toBe(problem)
  })

  test.each([
    ['120', envelope(429, 'rateLimitExceeded'), '2026-03-02T12:02:00.000Z'],
    ['Mon, 02 Mar 2026 12:07:00 GMT', envelope(429, 'rateLimitExceeded'), '2026-03-02T12:07:00.000Z'],
    [
      null,
      envelope(429, 'x', 'User-rate limit exceeded.  Retry after 2026-03-02T12:30:00.500Z'),
      '2026-03-02T12:30:00.500Z',
    ],
    ['nonsense', envelope(429, 'x'), undefined],
    ['86401', envelope(429, 'x'), '2026-03-03T12:00:00.000Z'],
    ['9'.repeat(400), envelope(429, 'x'), '2026-03-03T12:00:00.000Z'],
    ['Fri, 31 Dec 9999 23:59:59 GMT', envelope(429, 'x'), '2026-03-03T12:00:00.000Z'],
    [null, envelope(403, 'dailyLimitExceeded'), undefined],
  ])('with Retry-After %s and %j names its time', (retryAfter, body, at) => {
    const { status } = { status: 429 }
    expect(gmail(status, body, retryAfter).retryAt?.toISOString()).toBe(at)
  })

  test('a daily limit waits for the next day', () => {
    expect(gmail(403, envelope(403, 'dailyLimitExceeded')).retryAt?.toISOString()).toBe(
      '2026-03-03T12:00:00.000Z',
    )
  })
})

describe('an answer of the token endpoint', () => {
  test.each([
    ['Token has been expired or revoked.', undefined, null],
    ['Bad Request', undefined, null],
    ['reauth related error (invalid_rapt)', 'invalid_rapt', 'session_policy'],
    ['Bad Request', 'rapt_required', 'session_policy'],
    ['Account has been deleted', undefined, 'account_gone'],
    ['The account was disabled.', undefined, 'account_gone'],
  ])(
    'invalid_grant with "%s" and the subtype %s ends a grant as %s',
    (error_description, error_subtype, failure) => {
      const error = token(400, { error: 'invalid_grant', error_description, error_subtype })
      expect(error).toMatchObject({ problem: 'grant_revoked', grantFailure: failure, retryAt: null })
    },
  )

  test('a policy is asked about again an hour later, and a limit when the answer says', () => {
    expect(token(400, { error: 'admin_policy_enforced' }).retryAt?.toISOString()).toBe(
      '2026-03-02T13:00:00.000Z',
    )
    expect(token(429, null, '90').retryAt?.toISOString()).toBe('2026-03-02T12:01:30.000Z')
    expect(token(403, { error: 'rate_limit_exceeded' }, '90')).toMatchObject({
      problem: 'rate_limited',
      retryAt: new Date('2026-03-02T12:01:30.000Z'),
    })
  })

  test.each([
    [
      400,
      { error: 'invalid_grant', error_description: 'Token has been expired or revoked.' },
      'grant_revoked',
    ],
    [401, { error: 'invalid_client' }, 'app_refused'],
    [400, { error: 'unauthorized_client' }, 'app_refused'],
    [401, { error: 'deleted_client' }, 'app_refused'],
    [401, { error: 'disabled_client' }, 'app_refused'],
    [400, { error: 'unsupported_grant_type' }, 'app_refused'],
    [400, { error: 'slow_down' }, 'rate_limited'],
    [400, '<html>', 'passing'],
    [400, { error: { code: 400 } }, 'passing'],
    [400, [], 'passing'],
    [400, { error: 'admin_policy_enforced' }, 'domain_policy'],
    [400, { error: 'something_new' }, 'passing'],
    [429, { error: 'rate_limited' }, 'rate_limited'],
    [500, { error: 'invalid_grant' }, 'passing'],
    [503, null, 'passing'],
    [400, null, 'passing'],
    [null, null, 'passing'],
  ] as const)('%s %j means %s', (status, body, problem) => {
    expect(token(status, body).problem).toBe(problem)
  })
})
