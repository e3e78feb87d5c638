import type { AccountKind } from './account.ts'
import { seededRandom } from './random.ts'

/** The JSON document that stands, encrypted, in `accounts.oauth_token`. Times are ISO 8601, in warmup time. */
export type OAuthToken = {
  access_token: string
  refresh_token: string
  /** When the access token ends. */
  expiry: string
  /** Space-separated, as Google granted them. */
  scope: string
  token_uri: string
  client_id: string
  client_secret: string
  /** When the grant was made. */
  obtained_at: string
  /** When the refresh token was last used with success; left out where it never was. */
  refreshed_at?: string
  /** When the grant itself ends, where Google has said so: an app in Testing, or access for a limited time. */
  refresh_token_expires_at?: string
}

/** What Google's token endpoint answers. */
export type TokenGrant = {
  accessToken: string
  expiresInSeconds: number
  refreshToken: string | null
  scope: string | null
  /** How long the grant itself still lives, where it does not live until it is ended. */
  refreshTokenExpiresInSeconds: number | null
}

export type ClientCredentials = { clientId: string; clientSecret: string; tokenUri: string }

/** Tokens rest under AES-256. */
export const KEY_BYTES = 32

/** Nobody is given a token that ends sooner than this, as long as Google gives a new one. */
const REFRESH_MARGIN_SECONDS = 5 * 60
/** Tokens that were issued together are refreshed over this time ahead of the margin, not all at once. */
const REFRESH_SPREAD_SECONDS = 10 * 60

export const GMAIL_SCOPES = [
  'https://www.googleapis.com/auth/gmail.send',
  'https://www.googleapis.com/auth/gmail.readonly',
  'https://www.googleapis.com/auth/gmail.modify',
  'https://www.googleapis.com/auth/gmail.labels',
] as const

const ALL_OF_GMAIL = 'https://mail.google.com/'

export const IDENTITY_SCOPES = ['openid', 'email'] as const

/**
 * When a token begins to be refreshed: 5 to 15 minutes before it ends. How much sooner is drawn from the token itself,
 * so that all processes agree on it.
 */
export function refreshDueAt(token: OAuthToken): Date {
  const ahead = REFRESH_MARGIN_SECONDS + REFRESH_SPREAD_SECONDS * seededRandom(token.access_token)()
  return new Date(new Date(token.expiry).getTime() - ahead * 1000)
}

export function isRefreshDue(token: OAuthToken, now: Date): boolean {
  return refreshDueAt(token) <= now
}

/** Seconds until the access token ends; 0 where it has ended. */
export function secondsLeft(token: Pick<OAuthToken, 'expiry'>, now: Date): number {
  return Math.max(0, (new Date(token.expiry).getTime() - now.getTime()) / 1000)
}

export function scopesOf(token: Pick<OAuthToken, 'scope'>): string[] {
  return token.scope.split(' ').filter((scope) => scope !== '')
}

/** What is asked of Google for an account: what the workers need, unless only other programs want its token. */
export function scopesToAsk(kind: AccountKind, extraScopes: readonly string[]): string[] {
  return kind === 'vault' && extraScopes.length > 0 ? [...extraScopes] : [...GMAIL_SCOPES, ...extraScopes]
}

const IDENTITY_NAMES = [
  'openid',
  'email',
  'profile',
  'https://www.googleapis.com/auth/userinfo.email',
  'https://www.googleapis.com/auth/userinfo.profile',
]

/** What a grant allows besides knowing whose it is. */
export function beyondIdentity(granted: readonly string[]): string[] {
  return granted.filter((scope) => !IDENTITY_NAMES.includes(scope))
}

/** Whether Google says whose token it is. https://developers.google.com/identity/openid-connect/openid-connect#obtainuserinfo */
export function namesOwner(granted: readonly string[]): boolean {
  const email = ['email', 'https://www.googleapis.com/auth/userinfo.email']
  return granted.includes('openid') && granted.some((scope) => email.includes(scope))
}

/** What may be told of a token. */
export type TokenFacts = {
  scopes: string[]
  /** When the grant was made. */
  obtainedAt: Date
  /** When the refresh token was last used with success. */
  refreshedAt: Date
  /** When the access token ends. */
  expiresAt: Date
  /** When the grant itself ends; null where it does not end by itself. */
  grantEndsAt: Date | null
}

export function factsOf(token: OAuthToken): TokenFacts {
  const { obtained_at, refreshed_at = obtained_at, expiry, refresh_token_expires_at: end } = token
  return {
    scopes: scopesOf(token),
    obtainedAt: new Date(obtained_at),
    refreshedAt: new Date(refreshed_at),
    expiresAt: new Date(expiry),
    grantEndsAt: end === undefined ? null : new Date(end),
  }
}

/** What the workers need and the grant lacks. They never touch a vault account's mailbox. */
export function missingScopes(granted: readonly string[], kind: AccountKind): string[] {
  if (kind === 'vault' || granted.includes(ALL_OF_GMAIL)) return []
  return GMAIL_SCOPES.filter((needed) => !granted.includes(needed))
}

/** https://developers.google.com/workspace/gmail/api/reference/rest/v1/users/getProfile */
const PROFILE_SCOPES = [
  ALL_OF_GMAIL,
  ...['gmail.modify', 'gmail.readonly', 'gmail.compose', 'gmail.metadata'].map(scopeNamed),
]

function scopeNamed(name: string): string {
  return `https://www.googleapis.com/auth/${name}`
}

/** Whether Gmail says whose mailbox it is. */
export function opensGmail(granted: readonly string[]): boolean {
  return granted.some((scope) => PROFILE_SCOPES.includes(scope))
}

/** Whether Gmail lets mail be searched for and read: `gmail.metadata` knows no search. */
export function readsMail(granted: readonly string[]): boolean {
  const scopes = [ALL_OF_GMAIL, ...['gmail.modify', 'gmail.readonly'].map(scopeNamed)]
  return granted.some((scope) => scopes.includes(scope))
}

/**
 * The client a token is refreshed with. A token of another client brings its own; for one of ours the environment is
 * right: its secret may have been changed since the token was stored.
 */
export function clientOf(token: OAuthToken, ours: ClientCredentials): ClientCredentials {
  if (token.client_id === '' || token.client_id === ours.clientId) return ours
  return {
    clientId: token.client_id,
    clientSecret: token.client_secret,
    tokenUri: token.token_uri || ours.tokenUri,
  }
}

/** A first token, from the exchange of an authorization code or the first use of a refresh token. */
export function tokenFromGrant(
  grant: TokenGrant & { refreshToken: string; scope: string },
  client: ClientCredentials,
  now: Date,
): OAuthToken {
  return {
    ...fresh(grant, client, now),
    refresh_token: grant.refreshToken,
    scope: grant.scope,
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
    ...fresh(grant, client, now),
    refresh_token: grant.refreshToken ?? token.refresh_token,
    scope: grant.scope ?? token.scope,
  }
}

function fresh(grant: TokenGrant, client: ClientCredentials, now: Date) {
  const { refreshTokenExpiresInSeconds: lifetime } = grant
  return {
    access_token: grant.accessToken,
    expiry: secondsAfter(now, grant.expiresInSeconds),
    token_uri: client.tokenUri,
    client_id: client.clientId,
    client_secret: client.clientSecret,
    refreshed_at: now.toISOString(),
    ...(lifetime === null ? {} : { refresh_token_expires_at: secondsAfter(now, lifetime) }),
  }
}

function secondsAfter(now: Date, seconds: number): string {
  return new Date(now.getTime() + seconds * 1000).toISOString()
}
