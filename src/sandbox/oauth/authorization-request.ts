import type { Client } from '../state/shapes.ts'
import { isKnown, parseScopes } from './scopes.ts'

export type AuthorizationRequest = {
  clientId: string
  redirectUri: string
  state?: string
  scopes: string[]
  challenge?: string
  nonce?: string
  loginHint?: string
  offline: boolean
  forceConsent: boolean
  includeGranted: boolean
}

/** What is wrong with a request, for a page of our own: an unverified redirect URI is never followed. */
export class AuthorizationError extends Error {
  readonly error: string

  constructor(error: string, message: string) {
    super(message)
    this.error = error
  }
}

/** The parameters the consent form carries on, to be checked once more when it comes back. */
export const CARRIED = [
  'client_id',
  'redirect_uri',
  'response_type',
  'scope',
  'state',
  'access_type',
  'prompt',
  'include_granted_scopes',
  'code_challenge',
  'code_challenge_method',
  'nonce',
]

export function readAuthorizationRequest(
  parameters: URLSearchParams,
  clients: ReadonlyMap<string, Client>,
  redirectUris: string[],
): AuthorizationRequest {
  const given = (name: string) => parameters.get(name) || undefined
  const clientId = given('client_id')
  if (clientId === undefined) throw invalid('Missing required parameter: client_id')
  const client = clients.get(clientId)
  if (!client) throw new AuthorizationError('invalid_client', 'The OAuth client was not found.')
  if (client.disabled) throw new AuthorizationError('disabled_client', 'The OAuth client was disabled.')
  const redirectUri = given('redirect_uri')
  if (redirectUri === undefined) throw invalid('Missing required parameter: redirect_uri')
  if (!redirectUris.includes(redirectUri)) {
    throw new AuthorizationError(
      'redirect_uri_mismatch',
      `The redirect URI ${redirectUri} is not one of those registered for the client.`,
    )
  }
  if (given('response_type') !== 'code') {
    throw new AuthorizationError('unsupported_response_type', 'Only response_type=code is supported.')
  }
  const scopes = parseScopes(given('scope') ?? '')
  if (scopes.length === 0) throw invalid('Missing required parameter: scope')
  const unknown = scopes.filter((scope) => !isKnown(scope))
  if (unknown.length > 0) {
    throw new AuthorizationError('invalid_scope', `Some requested scopes were invalid: ${unknown.join(', ')}`)
  }
  return {
    clientId,
    redirectUri,
    state: given('state'),
    scopes,
    challenge: readChallenge(given('code_challenge'), given('code_challenge_method')),
    nonce: given('nonce'),
    loginHint: given('login_hint')?.toLowerCase(),
    offline: given('access_type') === 'offline',
    forceConsent: (given('prompt') ?? '').split(' ').includes('consent'),
    includeGranted: given('include_granted_scopes') === 'true',
  }
}

function readChallenge(challenge: string | undefined, method: string | undefined): string | undefined {
  if (challenge === undefined && method === undefined) return undefined
  if (method !== 'S256') throw invalid('code_challenge_method must be S256')
  if (!/^[\w-]{43}$/.test(challenge ?? '')) throw invalid('Invalid code_challenge')
  return challenge
}

const invalid = (message: string) => new AuthorizationError('invalid_request', message)
