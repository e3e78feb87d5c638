import type { RefreshToken, RefreshTokenEnd } from '../state/shapes.ts'
import type { State } from '../state/state.ts'
import { expiredOrRevoked, invalidGrant, OAuthError } from './oauth-error.ts'

/** Why a refresh token gives no access token now, if it gives none. */
export function refusal(token: RefreshToken, state: Readonly<State>, now: Date): OAuthError | undefined {
  if (token.end) return ENDS[token.end]()
  if (token.expiresAt !== undefined && token.expiresAt <= now.getTime()) return expiredOrRevoked()
  if (state.mailboxes.get(token.mailbox)?.restrictions.noApps) return forbiddenByPolicy()
  return undefined
}

// https://github.com/oauthlib/oauthlib/issues/707
export const forbiddenByPolicy = () =>
  new OAuthError(
    400,
    'admin_policy_enforced',
    'Access to your account data is restricted by policies within your organization. Please contact administrator for more information.',
  )

const ENDS: Record<RefreshTokenEnd, () => OAuthError> = {
  // https://github.com/FlowCrypt/flowcrypt-browser/issues/1244
  deleted: () => invalidGrant('Account has been deleted'),
  // https://github.com/blinkk/rootjs/issues/747
  session_policy: () =>
    new OAuthError(400, 'invalid_grant', 'reauth related error (invalid_rapt)', {
      error_uri: 'https://support.google.com/a/answer/9368756',
      error_subtype: 'invalid_rapt',
    }),
}
