import { describe, expect, test } from 'vitest'
import {
  clientOf,
  missingScopes,
  type OAuthToken,
  refreshDueAt,
  refreshedToken,
} from '../../src/domain/token.ts'

const now = new Date('2026-03-02T12:00:00Z')
const client = { clientId: 'ours', clientSecret: 'our secret', tokenUri: 'https://token.example/' }
const token: OAuthToken = {
  access_token: 'a1',
  refresh_token: 'r1',
  expiry: '2026-03-02T13:00:00.000Z',
  scope: 's1',
  token_uri: 'https://old.example/',
  client_id: 'theirs',
  client_secret: 'their secret',
  obtained_at: '2026-03-01T00:00:00.000Z',
}

describe('a token', () => {
  test('is due for a refresh 5 to 15 minutes before it ends, each token at a time of its own', () => {
    const ahead = Array.from({ length: 1000 }, (_, i) => {
      const due = refreshDueAt({ ...token, access_token: `ya29.${i}` })
      return (new Date(token.expiry).getTime() - due.getTime()) / 60_000
    })
    expect(Math.min(...ahead)).toBeGreaterThanOrEqual(5)
    expect(Math.max(...ahead)).toBeLessThanOrEqual(15)
    const perMinute = Map.groupBy(ahead, Math.floor)
    expect([...perMinute.keys()].toSorted((a, b) => a - b)).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, 14])
    for (const { length } of perMinute.values()) expect(length).toBeLessThan(200)
    expect(refreshDueAt(token)).toEqual(refreshDueAt({ ...token }))
  })

  test('keeps its refresh token and scope where Google sends none, and takes new ones where it does', () => {
    const grant = {
      accessToken: 'a2',
      expiresInSeconds: 3600,
      refreshToken: null,
      scope: null,
      refreshTokenExpiresInSeconds: null,
    }
    expect(refreshedToken(token, grant, client, now)).toMatchObject({
      access_token: 'a2',
      refresh_token: 'r1',
      scope: 's1',
    })
    const rotated = { ...grant, refreshToken: 'r2', scope: 's2' }
    expect(refreshedToken(token, rotated, client, now)).toMatchObject({ refresh_token: 'r2', scope: 's2' })
  })

  test('is refreshed with its own client, and with the environment’s where that is its own or it has none', () => {
    expect(clientOf(token, client)).toEqual({
      clientId: 'theirs',
      clientSecret: 'their secret',
      tokenUri: 'https://old.example/',
    })
    expect(clientOf({ ...token, client_id: '', client_secret: '', token_uri: '' }, client)).toEqual(client)
    expect(clientOf({ ...token, client_id: 'ours', client_secret: 'before' }, client)).toEqual(client)
  })

  test('lacks the scopes that were not granted', () => {
    const scopes = [
      'openid',
      'https://www.googleapis.com/auth/gmail.send',
      'https://www.googleapis.com/auth/gmail.readonly',
    ]
    expect(missingScopes(scopes, 'vault')).toEqual([])
    expect(missingScopes(['https://mail.google.com/'], 'pool')).toEqual([])
    expect(missingScopes(scopes, 'pool')).toEqual([
      'https://www.googleapis.com/auth/gmail.modify',
      'https://www.googleapis.com/auth/gmail.labels',
    ])
  })
})
