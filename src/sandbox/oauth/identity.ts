import { bearerToken, form, json, type Reply, type Request } from '../http/exchange.ts'
import type { AccessToken } from '../state/shapes.ts'
import type { OAuthOptions } from './authorization.ts'
import { revocation } from './grants.ts'
import { OAuthError } from './oauth-error.ts'
import { EMAIL, OPENID, PROFILE } from './scopes.ts'

export function userinfo(request: Request, options: OAuthOptions): Reply {
  const token = livingToken(request, options)
  if (!token || ![OPENID, EMAIL, PROFILE].some((scope) => token.scopes.includes(scope))) {
    throw new OAuthError(401, 'invalid_request', 'Invalid Credentials')
  }
  const sub = options.store.state.mailboxes.get(token.mailbox)?.sub
  const email = token.scopes.includes(EMAIL) ? { email: token.mailbox, email_verified: true } : {}
  return json({ sub, ...email })
}

export function tokeninfo(request: Request, options: OAuthOptions): Reply {
  const token = livingToken(request, options)
  if (!token) throw new OAuthError(400, 'invalid_token', 'Invalid Value')
  const { store, now } = options
  const expiresIn = Math.floor((token.expiresAt - now().getTime()) / 1000)
  return json({
    azp: token.clientId,
    aud: token.clientId,
    sub: store.state.mailboxes.get(token.mailbox)?.sub,
    scope: token.scopes.join(' '),
    exp: String(Math.floor(token.expiresAt / 1000)),
    expires_in: String(expiresIn),
    ...(token.scopes.includes(EMAIL) ? { email: token.mailbox, email_verified: 'true' } : {}),
  })
}

/** Either kind of token takes the whole grant with it. */
export function revoke(request: Request, { store, now }: OAuthOptions): Reply {
  const token = form(request).get('token') ?? request.query.get('token')
  if (!token) throw new OAuthError(400, 'invalid_request', 'Missing required parameter: token')
  const refresh = store.state.refreshTokens.get(token)
  const known = refresh ?? store.state.accessTokens.get(token)
  const expired = known?.expiresAt !== undefined && known.expiresAt <= now().getTime()
  if (!known || expired || refresh?.end)
    throw new OAuthError(400, 'invalid_token', 'Token expired or revoked')
  store.commit(revocation(store.state, known.mailbox, 'app', now()))
  return json({})
}

/** Google's own clients send the token as a bearer to tokeninfo, too. */
function livingToken(request: Request, { store, now }: OAuthOptions): AccessToken | undefined {
  const token =
    bearerToken(request) ?? request.query.get('access_token') ?? form(request).get('access_token') ?? ''
  const known = store.state.accessTokens.get(token)
  return known && known.expiresAt > now().getTime() ? known : undefined
}
