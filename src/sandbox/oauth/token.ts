import { createHash, timingSafeEqual } from 'node:crypto'
import { form, json, type Reply, type Request } from '../http/exchange.ts'
import type { AuthorizationCode } from '../state/shapes.ts'
import type { OAuthOptions } from './authorization.ts'
import type { Client } from './authorization-request.ts'
import { issue } from './issue.ts'
import { expiredOrRevoked, invalidGrant, invalidRequest, OAuthError } from './oauth-error.ts'

export function token(request: Request, options: OAuthOptions): Reply {
  const type = request.headers['content-type'] ?? ''
  if (!type.startsWith('application/x-www-form-urlencoded')) {
    throw invalidRequest('The request must be form-encoded.')
  }
  const fields = form(request)
  const grantType = fields.get('grant_type')
  if (!grantType) throw invalidRequest('Missing required parameter: grant_type')
  authenticate(request, fields, options.client)
  switch (grantType) {
    case 'authorization_code':
      return exchangeCode(fields, options)
    case 'refresh_token':
      return refresh(fields, options)
    default:
      throw new OAuthError(400, 'unsupported_grant_type', `Invalid grant_type: ${grantType}`)
  }
}

function exchangeCode(fields: URLSearchParams, options: OAuthOptions): Reply {
  const { store, now } = options
  const given = fields.get('code')
  if (!given) throw invalidRequest('Missing required parameter: code')
  const code = store.state.codes.get(given)
  if (!code) throw invalidGrant('Malformed auth code.')
  if (code.used || code.expiresAt <= now().getTime() || !store.state.grants.has(code.mailbox)) {
    throw invalidGrant('Bad Request')
  }
  if (fields.get('redirect_uri') !== code.redirectUri) {
    throw new OAuthError(400, 'redirect_uri_mismatch', 'Bad Request')
  }
  checkVerifier(code, fields.get('code_verifier'))
  const issued = issue(code.mailbox, code.scopes, options, {
    withRefreshToken: code.offline,
    nonce: code.nonce,
  })
  store.commit([
    { kind: 'code', code: { ...code, used: true } },
    ...issued.changes,
    {
      kind: 'fact',
      fact: {
        kind: 'exchanged',
        at: now().toISOString(),
        mailbox: code.mailbox,
        scopes: code.scopes,
        refreshToken: code.offline,
      },
    },
  ])
  return json(issued.answer)
}

function refresh(fields: URLSearchParams, options: OAuthOptions): Reply {
  const { store, now } = options
  const given = fields.get('refresh_token')
  if (!given) throw invalidRequest('Missing required parameter: refresh_token')
  const known = store.state.refreshTokens.get(given)
  if (!known || (known.expiresAt !== undefined && known.expiresAt <= now().getTime()))
    throw expiredOrRevoked()
  const rotated = store.state.options.rotateRefreshTokens
  const issued = issue(known.mailbox, known.scopes, options, { withRefreshToken: rotated, replaces: known })
  store.commit([
    ...issued.changes,
    ...(rotated ? [{ kind: 'refresh-token-gone', token: known.token } as const] : []),
    { kind: 'fact', fact: { kind: 'refreshed', at: now().toISOString(), mailbox: known.mailbox, rotated } },
  ])
  return json(issued.answer)
}

function checkVerifier({ challenge }: AuthorizationCode, verifier: string | null): void {
  if (challenge === undefined) {
    if (verifier) throw invalidGrant('code_verifier or verifier is not needed.')
    return
  }
  if (!verifier) throw invalidGrant('Missing code verifier.')
  const hash = createHash('sha256').update(verifier).digest('base64url')
  if (!/^[\w.~-]{43,128}$/.test(verifier) || hash !== challenge) throw invalidGrant('Invalid code verifier.')
}

function authenticate(request: Request, fields: URLSearchParams, client: Client): void {
  const { id, secret } = basicCredentials(request) ?? {
    id: fields.get('client_id') ?? '',
    secret: fields.get('client_secret') ?? '',
  }
  if (id === '') throw invalidRequest('Could not determine client ID from request.')
  if (id !== client.id) throw new OAuthError(401, 'invalid_client', 'The OAuth client was not found.')
  if (!sameSecret(secret, client.secret)) throw new OAuthError(401, 'invalid_client', 'Unauthorized')
}

function basicCredentials(request: Request): Client | undefined {
  const [, encoded] = /^Basic (\S+)$/i.exec(request.headers.authorization ?? '') ?? []
  if (encoded === undefined) return undefined
  const [id = '', secret = ''] = Buffer.from(encoded, 'base64').toString('utf8').split(/:(.*)/s)
  // RFC 6749, section 2.3.1: both are form-encoded first.
  const decode = (text: string) => new URLSearchParams(`x=${text}`).get('x') ?? ''
  return { id: decode(id), secret: decode(secret) }
}

function sameSecret(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}
