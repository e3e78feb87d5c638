import { describe, expect, test } from 'vitest'
import {
  clientOf,
  isRefreshDue,
  missingScopes,
  type OAuthToken,
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
  test.each([
    ['2026-03-02T12:05:01.000Z', false],
    ['2026-03-02T12:05:00.000Z', true],
    ['2026-03-02T11:00:00.000Z', true],
  ])('that expires at %s is due for a refresh at noon: %s', (expiry, due) => {
    expect(isRefreshDue({ ...token, expiry }, now)).toBe(due)
  })

  test('keeps its refresh token and scope where Google sends none, and takes new ones where it does', () => {
    const grant = { accessToken: 'a2', expiresInSeconds: 3600, refreshToken: null, scope: null }
    expect(refreshedToken(token, grant, client, now)).toMatchObject({
      access_token: 'a2',
      refresh_token: 'r1',
      scope: 's1',
    })
    const rotated = { ...grant, refreshToken: 'r2', scope: 's2' }
    expect(refreshedToken(token, rotated, client, now)).toMatchObject({ refresh_token: 'r2', scope: 's2' })
  })

  test('is refreshed with its own client, and with the environment’s for what it lacks', () => {
    expect(clientOf(token, client)).toEqual({
      clientId: 'theirs',
      clientSecret: 'their secret',
      tokenUri: 'https://old.example/',
    })
    expect(clientOf({ ...token, client_id: '', client_secret: '', token_uri: '' }, client)).toEqual(client)
  })

  test('lacks the scopes that were not granted', () => {
    const scopes =
      'openid https://www.googleapis.com/auth/gmail.send https://www.googleapis.com/auth/gmail.readonly'
    expect(missingScopes(scopes)).toEqual([
      'https://www.googleapis.com/auth/gmail.modify',
      'https://www.googleapis.com/auth/gmail.labels',
    ])
  })
})
