import { bearerToken, type Request } from '../http/exchange.ts'
import { GoogleError } from '../http/google-error.ts'
import type { AccessToken } from '../state/shapes.ts'
import type { State } from '../state/state.ts'

/** The access token of a request, if it lives and covers one of the needed scopes. */
export function authorize(
  request: Request,
  state: Readonly<State>,
  needed: string[],
  now: Date,
): AccessToken {
  const known = state.accessTokens.get(bearerToken(request) ?? request.query.get('access_token') ?? '')
  if (!known || known.expiresAt <= now.getTime()) throw unauthenticated()
  if (!known.scopes.some((scope) => needed.includes(scope))) throw insufficient()
  return known
}

const unauthenticated = () =>
  new GoogleError(
    401,
    'authError',
    'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.',
    { headers: { 'www-authenticate': 'Bearer realm="https://accounts.google.com/", error="invalid_token"' } },
  )

const insufficient = () =>
  new GoogleError(403, 'insufficientPermissions', 'Request had insufficient authentication scopes.', {
    headers: {
      'www-authenticate': 'Bearer realm="https://accounts.google.com/", error="insufficient_scope"',
    },
    details: [
      {
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT',
        domain: 'googleapis.com',
        metadata: { service: 'gmail.googleapis.com' },
      },
    ],
  })
