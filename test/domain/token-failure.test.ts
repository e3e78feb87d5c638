import { describe, expect, test } from 'vitest'
import { failureOf, GoogleError, NeedsReauthError } from '../../src/domain/errors.ts'
import type { OAuthToken } from '../../src/domain/token.ts'
import { causeOfRefusal, FAILURE_ADVICE, needsOwner } from '../../src/domain/token-failure.ts'

const DAY = 24 * 3_600_000
const granted = new Date('2026-03-02T12:00:00Z')
const after = (days: number) => new Date(granted.getTime() + days * DAY)

function tokenOf(times: { refreshedAfter?: number; endsAfter?: number } = {}): OAuthToken {
  const { refreshedAfter, endsAfter } = times
  return {
    access_token: 'a',
    refresh_token: 'r',
    expiry: granted.toISOString(),
    scope: 's',
    token_uri: 'https://token.example/',
    client_id: 'c',
    client_secret: 'secret',
    obtained_at: granted.toISOString(),
    ...(refreshedAfter === undefined ? {} : { refreshed_at: after(refreshedAfter).toISOString() }),
    ...(endsAfter === undefined ? {} : { refresh_token_expires_at: after(endsAfter).toISOString() }),
  }
}

describe('a grant that Google calls dead without saying why', () => {
  test.each([
    ['a day old', {}, 1, 'grant_revoked'],
    ['just not seven days old', { refreshedAfter: 6.9 }, 6.99, 'grant_revoked'],
    ['seven days old', { refreshedAfter: 6 }, 7, 'grant_expired'],
    ['eight and a half days old', { refreshedAfter: 6 }, 8.5, 'grant_expired'],
    ['nine days old', { refreshedAfter: 8 }, 9, 'grant_revoked'],
    ['past the end that Google named', { refreshedAfter: 2, endsAfter: 3 }, 3, 'grant_expired'],
    ['before the end that Google named', { refreshedAfter: 2, endsAfter: 3 }, 2.9, 'grant_revoked'],
    ['seven days old, with an end that is to come', { refreshedAfter: 6, endsAfter: 30 }, 7, 'grant_revoked'],
    ['unused for 179 days', { refreshedAfter: 1 }, 180, 'grant_revoked'],
    ['unused for 180 days', { refreshedAfter: 1 }, 181, 'grant_unused'],
    ['never used in 180 days', {}, 180, 'grant_unused'],
    ['a year old and in use', { refreshedAfter: 364 }, 365, 'grant_revoked'],
  ] as const)('%s (%j, after %d days) ended as %s', (_, times, days, cause) => {
    expect(causeOfRefusal(tokenOf(times), after(days))).toBe(cause)
  })
})

describe('a failure', () => {
  test('is named alike wherever it was met', () => {
    expect(failureOf(new NeedsReauthError('session_policy', 'w'))).toBe('session_policy')
    expect(failureOf(new GoogleError('passing', 'w'))).toBe('google_unavailable')
    expect(failureOf(new GoogleError('unauthorized', 'w'))).toBe('access_refused')
    expect(failureOf(new Error('w'))).toBe('internal')
  })

  test('sends for the owner where a new connection mends it, and for nobody else where it does not', () => {
    const owners = Object.entries(FAILURE_ADVICE).filter(([, { advice }]) =>
      /onnect (the account|it) again/.test(advice),
    )
    for (const [failure, { mender }] of owners)
      expect({ failure, mender }).toEqual({ failure, mender: 'owner' })
    expect(owners.length).toBeGreaterThan(6)
    expect(needsOwner('app_refused')).toBe(false)
  })
})
