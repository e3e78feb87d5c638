import type { OAuthToken } from './token.ts'

export const TOKEN_FAILURES = [
  'grant_revoked',
  'grant_expired',
  'grant_unused',
  'session_policy',
  'account_gone',
  'missing_scopes',
  'wrong_mailbox',
  'no_token',
  'access_refused',
  'app_refused',
  'api_disabled',
  'mail_disabled',
  'domain_policy',
  'rate_limited',
  'google_unavailable',
  'internal',
] as const
/** Why a token can't be used: a stable code in events, notices, reports and the API. */
export type TokenFailure = (typeof TOKEN_FAILURES)[number]

/** Who can mend it: the mailbox's owner by connecting it again, the domain's administrator, the operator, or time. */
export type Mender = 'owner' | 'administrator' | 'operator' | 'time'

/** What each failure means, and what to do. The causes of a dead grant: https://developers.google.com/identity/protocols/oauth2#expiration */
export const FAILURE_ADVICE: Record<TokenFailure, { means: string; mender: Mender; advice: string }> = {
  grant_revoked: {
    means: 'Google says the grant is expired or revoked',
    mender: 'owner',
    advice:
      'Its owner has probably withdrawn the access or changed the password (Gmail grants end with it). Connect the account again.',
  },
  grant_expired: {
    means: 'the grant’s lifetime has ended',
    mender: 'owner',
    advice:
      'Grants of an OAuth app in Testing end after 7 days: publish the app (Google Auth Platform → Audience → In production). Then connect the account again.',
  },
  grant_unused: {
    means: 'the grant was not used for six months',
    mender: 'owner',
    advice: 'Connect the account again, and keep the workers running: they use every grant once a day.',
  },
  session_policy: {
    means: 'the Workspace’s session control asks for a new sign-in',
    mender: 'owner',
    advice:
      'Its administrator can exempt trusted apps (Admin console → Security → Google Cloud session control) and mark this app as trusted. Then connect the account again.',
  },
  account_gone: {
    means: 'the Google account is deleted or disabled',
    mender: 'owner',
    advice: 'Remove the account here, or restore it at Google and connect it again.',
  },
  missing_scopes: {
    means: 'the grant lacks permissions that the workers need',
    mender: 'owner',
    advice: 'Connect the account again and tick every box on Google’s page.',
  },
  wrong_mailbox: {
    means: 'the token opens another mailbox',
    mender: 'owner',
    advice: 'Connect the account again and choose its own mailbox on Google’s page.',
  },
  no_token: {
    means: 'no token is kept for the account',
    mender: 'owner',
    advice: 'Connect the account again.',
  },
  access_refused: {
    means: 'Gmail refuses a token that Google has just renewed',
    mender: 'owner',
    advice: 'Wait a few minutes; if it stays so, connect the account again.',
  },
  app_refused: {
    means: 'Google refuses the OAuth client, not the account',
    mender: 'operator',
    advice:
      'Compare GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET with the Google Cloud console (Google Auth Platform → Clients), mend them and restart. No account needs connecting again.',
  },
  api_disabled: {
    means: 'the Gmail API is off in the Google Cloud project',
    mender: 'operator',
    advice:
      'Turn it on (Google Cloud console → APIs & Services → Library → Gmail API) and wait a few minutes. No account needs connecting again.',
  },
  mail_disabled: {
    means: 'Gmail is not enabled for this account',
    mender: 'administrator',
    advice: 'Its administrator can turn Gmail on and assign a licence (Admin console → Apps → Gmail).',
  },
  domain_policy: {
    means: 'the domain’s policy does not allow this app',
    mender: 'administrator',
    advice:
      'Its administrator can trust the app (Admin console → Security → API controls → App access control).',
  },
  rate_limited: {
    means: 'Google asks to wait',
    mender: 'time',
    advice: 'Nothing to do: it is tried again by itself.',
  },
  google_unavailable: {
    means: 'Google could not be asked',
    mender: 'time',
    advice: 'Nothing to do: it is tried again by itself. If it stays so, look at this machine’s network.',
  },
  internal: {
    means: 'something broke in kindling',
    mender: 'operator',
    advice: 'Look into the log.',
  },
}

/** Whether only the mailbox's owner can mend it, by connecting the account again. */
export function needsOwner(failure: TokenFailure): boolean {
  return FAILURE_ADVICE[failure].mender === 'owner'
}

const DAY = 24 * 3_600_000
/** https://developers.google.com/identity/protocols/oauth2#expiration */
const UNUSED_LIFE = 180 * DAY
const TESTING_LIFE = 7 * DAY
/** A dead grant is noticed at the next daily check. */
const NOTICED_WITHIN = 1.5 * DAY

/** The likely cause of an `invalid_grant` that itself says no more than "expired or revoked". */
export function causeOfRefusal(token: OAuthToken, now: Date): TokenFailure {
  const { refresh_token_expires_at: end, obtained_at: obtained, refreshed_at: used = obtained } = token
  if (end !== undefined) return new Date(end) <= now ? 'grant_expired' : 'grant_revoked'
  const age = now.getTime() - new Date(obtained).getTime()
  if (age >= TESTING_LIFE && age <= TESTING_LIFE + NOTICED_WITHIN) return 'grant_expired'
  return now.getTime() - new Date(used).getTime() >= UNUSED_LIFE ? 'grant_unused' : 'grant_revoked'
}
