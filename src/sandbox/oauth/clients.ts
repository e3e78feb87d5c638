import { createHash, timingSafeEqual } from 'node:crypto'
import { form, type Request } from '../http/exchange.ts'
import type { Client } from '../state/shapes.ts'
import { invalidRequest, OAuthError } from './oauth-error.ts'

type Credentials = { id: string; secret: string }

/** The client that a request to the token endpoint comes from. */
export function authenticate(request: Request, clients: ReadonlyMap<string, Client>): Client {
  const { id, secret } = basicCredentials(request) ?? postedCredentials(request)
  if (id === '') throw invalidRequest('Could not determine client ID from request.')
  const client = clients.get(id)
  if (!client) throw new OAuthError(401, 'invalid_client', 'The OAuth client was not found.')
  if (client.disabled) throw new OAuthError(401, 'disabled_client', 'The OAuth client was disabled.')
  if (!sameSecret(secret, client.secret)) throw new OAuthError(401, 'invalid_client', 'Unauthorized')
  return client
}

function postedCredentials(request: Request): Credentials {
  const fields = form(request)
  return { id: fields.get('client_id') ?? '', secret: fields.get('client_secret') ?? '' }
}

function basicCredentials(request: Request): Credentials | undefined {
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
