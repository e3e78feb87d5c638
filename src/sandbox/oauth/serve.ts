import type { Reply, Request } from '../http/exchange.ts'
import { decideConsent, type OAuthOptions, showConsent } from './authorization.ts'
import { revoke, tokeninfo, userinfo } from './identity.ts'
import { OAuthError } from './oauth-error.ts'
import { token } from './token.ts'

type Endpoint = (request: Request, options: OAuthOptions) => Reply

export const PATHS = {
  authorization: '/o/oauth2/v2/auth',
  token: '/token',
  revocation: '/revoke',
  userinfo: '/oauth2/v3/userinfo',
  tokeninfo: '/oauth2/v3/tokeninfo',
}

const ENDPOINTS: Record<string, Endpoint> = {
  [`GET ${PATHS.authorization}`]: showConsent,
  [`POST ${PATHS.authorization}`]: decideConsent,
  [`POST ${PATHS.token}`]: token,
  [`POST ${PATHS.revocation}`]: revoke,
  [`GET ${PATHS.userinfo}`]: userinfo,
  [`POST ${PATHS.userinfo}`]: userinfo,
  [`GET ${PATHS.tokeninfo}`]: tokeninfo,
  [`POST ${PATHS.tokeninfo}`]: tokeninfo,
}

/** The answer of the OAuth endpoint the request is for, if it is for one. */
export function serveOAuth(request: Request, options: OAuthOptions): Reply | undefined {
  const endpoint = ENDPOINTS[`${request.method} ${request.path}`]
  if (!endpoint) return undefined
  try {
    return endpoint(request, options)
  } catch (error) {
    if (error instanceof OAuthError) return error.toReply()
    throw error
  }
}
