import { createHash } from 'node:crypto'
import { form, json, type Reply, type Request } from '../http/exchange.ts'
import type { AuthorizationCode, Client } from '../state/shapes.ts'
import type { OAuthOptions } from './authorization.ts'
import { authenticate } from './clients.ts'
import { issueFirst } from './first-tokens.ts'
import { issue } from './issue.ts'
import { expiredOrRevoked, invalidGrant, invalidRequest, OAuthError } from './oauth-error.ts'
import { forbiddenByPolicy, refusal } from './refusal.ts'

export function token(request: Request, options: OAuthOptions): Reply {
  const type = request.headers['content-type'] ?? ''
  if (!type.startsWith('application/x-www-form-urlencoded')) {
    throw invalidRequest('The request must be form-encoded.')
  }
  const fields = form(request)
  const grantType = fields.get('grant_type')
  if (!grantType) throw invalidRequest('Missing required parameter: grant_type')
  const client = authenticate(request, options.store.state.clients)
  switch (grantType) {
    case 'authorization_code':
      return exchangeCode(fields, client, options)
    case 'refresh_token':
      return refresh(fields, client, options)
    default:
      throw new OAuthError(400, 'unsupported_grant_type', `Invalid grant_type: ${grantType}`)
  }
}

function exchangeCode(fields: URLSearchParams, client: Client, options: OAuthOptions): Reply {
  const { store, now } = options
  const given = fields.get('code')
  if (!given) throw invalidRequest('Missing required parameter: code')
  const code = store.state.codes.get(given)
  if (!code) throw invalidGrant('Malformed auth code.')
  if (code.clientId !== client.id) throw invalidGrant('Bad Request')
  if (code.used || code.expiresAt <= now().getTime() || !store.state.grants.has(code.mailbox)) {
    throw invalidGrant('Bad Request')
  }
  if (fields.get('redirect_uri') !== code.redirectUri) {
    throw new OAuthError(400, 'redirect_uri_mismatch', 'Bad Request')
  }
  checkVerifier(code, fields.get('code_verifier'))
  if (store.state.mailboxes.get(code.mailbox)?.restrictions.noApps) throw forbiddenByPolicy()
  const issued = issueFirst(code, options, { withRefreshToken: code.offline, nonce: code.nonce })
  store.commit([{ kind: 'code', code: { ...code, used: true } }, ...issued.changes])
  return json(issued.answer)
}

function refresh(fields: URLSearchParams, client: Client, options: OAuthOptions): Reply {
  const { store, now } = options
  const given = fields.get('refresh_token')
  if (!given) throw invalidRequest('Missing required parameter: refresh_token')
  const known = store.state.refreshTokens.get(given)
  if (!known) throw expiredOrRevoked()
  if (known.clientId !== client.id) throw foreignToken()
  const refused = refusal(known, store.state, now())
  if (refused) throw refused
  const rotated = store.state.options.rotateRefreshTokens
  const issued = issue(known, options, { withRefreshToken: rotated, replaces: known })
  store.commit([
    ...issued.changes,
    ...(rotated ? [{ kind: 'refresh-token-gone', token: known.token } as const] : []),
    { kind: 'fact', fact: { kind: 'refreshed', at: now().toISOString(), mailbox: known.mailbox, rotated } },
  ])
  return json(issued.answer)
}

// 401, though RFC 6749 would have 400: https://github.com/prasmussen/gdrive/issues/375
const foreignToken = () => new OAuthError(401, 'unauthorized_client', 'Unauthorized')

function checkVerifier({ challenge }: AuthorizationCode, verifier: string | null): void {
  if (challenge === undefined) {
    if (verifier) throw invalidGrant('code_verifier or verifier is not needed.')
    return
  }
  if (!verifier) throw invalidGrant('Missing code verifier.')
  const hash = createHash('sha256').update(verifier).digest('base64url')
  if (!/^[\w.~-]{43,128}$/.test(verifier) || hash !== challenge) throw invalidGrant('Invalid code verifier.')
}
