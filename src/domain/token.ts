/** The JSON document that stands, encrypted, in `accounts.oauth_token`. */
export type OAuthToken = {
  access_token: string
  refresh_token: string
  /** ISO 8601, in warmup time. */
  expiry: string
  /** Space-separated, as Google granted them. */
  scope: string
  token_uri: string
  client_id: string
  client_secret: string
  /** When the grant was made, ISO 8601. */
  obtained_at: string
}

/** What Google's token endpoint answers. */
export type TokenGrant = {
  accessToken: string
  expiresInSeconds: number
  refreshToken: string | null
  scope: string | null
}

export type ClientCredentials = { clientId: string; clientSecret: string; tokenUri: string }

/** Tokens rest under AES-256. */
export const KEY_BYTES = 32

export const REFRESH_MARGIN_SECONDS = 5 * 60

export const GMAIL_SCOPES = [
  'https://www.googleapis.com/auth/gmail.send',
  'https://www.googleapis.com/auth/gmail.readonly',
  'https://www.googleapis.com/auth/gmail.modify',
  'https://www.googleapis.com/auth/gmail.labels',
] as const

export const IDENTITY_SCOPES = ['openid', 'email'] as const

export function isRefreshDue(token: OAuthToken, now: Date): boolean {
  return new Date(token.expiry).getTime() - now.getTime() <= REFRESH_MARGIN_SECONDS * 1000
}

export function isExpired(token: OAuthToken, now: Date): boolean {
  return new Date(token.expiry) <= now
}

export function missingScopes(scope: string): string[] {
  const granted = new Set(scope.split(' '))
  return GMAIL_SCOPES.filter((needed) => !granted.has(needed))
}

/** The client a token is refreshed with: its own, with whatever it lacks taken from the environment's. */
export function clientOf(token: OAuthToken, fallback: ClientCredentials): ClientCredentials {
  return {
    clientId: token.client_id || fallback.clientId,
    clientSecret: token.client_secret || fallback.clientSecret,
    tokenUri: token.token_uri || fallback.tokenUri,
  }
}

/** A first token, from the exchange of an authorization code. */
export function tokenFromGrant(
  grant: TokenGrant & { refreshToken: string; scope: string },
  client: ClientCredentials,
  now: Date,
): OAuthToken {
  return {
    access_token: grant.accessToken,
    refresh_token: grant.refreshToken,
    expiry: expiryOf(grant, now),
    scope: grant.scope,
    token_uri: client.tokenUri,
    client_id: client.clientId,
    client_secret: client.clientSecret,
    obtained_at: now.toISOString(),
  }
}

/** The token after a refresh: Google may send a new refresh token, and then the old one is worth nothing. */
export function refreshedToken(
  token: OAuthToken,
  grant: TokenGrant,
  client: ClientCredentials,
  now: Date,
): OAuthToken {
  return {
    ...token,
    access_token: grant.accessToken,
    refresh_token: grant.refreshToken ?? token.refresh_token,
    expiry: expiryOf(grant, now),
    scope: grant.scope ?? token.scope,
    token_uri: client.tokenUri,
    client_id: client.clientId,
    client_secret: client.clientSecret,
  }
}

function expiryOf(grant: TokenGrant, now: Date): string {
  return new Date(now.getTime() + grant.expiresInSeconds * 1000).toISOString()
}
