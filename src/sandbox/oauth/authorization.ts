import { randomBytes } from 'node:crypto'
import { form, type Reply, type Request, redirect } from '../http/exchange.ts'
import { isAddress } from '../mail/addresses.ts'
import type { AuthorizationCode } from '../state/shapes.ts'
import type { Store } from '../state/store.ts'
import {
  AuthorizationError,
  type AuthorizationRequest,
  readAuthorizationRequest,
} from './authorization-request.ts'
import { consenting } from './grants.ts'
import { consentPage, errorPage } from './pages.ts'
import { isIdentity, union } from './scopes.ts'

export type OAuthOptions = {
  store: Store
  now: () => Date
  redirectUris: () => string[]
}

const CODE_LIFE_MS = 10 * 60_000

export function showConsent(request: Request, options: OAuthOptions): Reply {
  return withRequest(request.query, options, (wanted) =>
    consentPage({
      request: wanted,
      parameters: request.query,
      ...accountsOf(options),
      attempt: randomBytes(16).toString('base64url'),
      action: request.path,
    }),
  )
}

export function decideConsent(request: Request, options: OAuthOptions): Reply {
  const answers = form(request)
  return withRequest(answers, options, (wanted) => {
    if (request.headers['sec-fetch-site'] === 'cross-site') {
      throw new AuthorizationError('invalid_request', 'The form was sent from another site.')
    }
    if (answers.get('decision') !== 'continue') return backTo(wanted, { error: 'access_denied' })
    // A typed address counts more than the account that was marked before.
    const mailbox = (answers.get('address') || answers.get('mailbox') || '').trim().toLowerCase()
    const attempt = answers.get('attempt') ?? ''
    if (!isAddress(mailbox)) {
      return consentPage({
        request: wanted,
        parameters: answers,
        ...accountsOf(options),
        attempt,
        action: request.path,
        problem: 'Choose an account, or type a valid address.',
      })
    }
    const granted = wanted.scopes.filter(
      (scope) => isIdentity(scope) || answers.getAll('granted').includes(scope),
    )
    if (granted.length === 0) return backTo(wanted, { error: 'access_denied' })
    const { code, scopes } = codeFor(attempt, mailbox, granted, wanted, options)
    return backTo(wanted, { code, scope: scopes.join(' '), authuser: '0', prompt: 'consent' })
  })
}

const accountsOf = ({ store: { state } }: OAuthOptions) => ({
  mailboxes: [...state.mailboxes.keys()],
  connected: new Set(state.grants.keys()),
})

/** The code of this showing of the page: sending the form twice gives the same code, not a second one. */
function codeFor(
  attempt: string,
  mailbox: string,
  granted: string[],
  wanted: AuthorizationRequest,
  { store, now }: OAuthOptions,
): AuthorizationCode {
  const answered = store.state.codes.of(mailbox).find((code) => attempt !== '' && code.attempt === attempt)
  if (answered) return answered
  const earlier = store.state.grants.get(mailbox)
  const code: AuthorizationCode = {
    code: `4/0A${randomBytes(32).toString('base64url')}`,
    attempt,
    clientId: wanted.clientId,
    mailbox,
    scopes: wanted.includeGranted ? union(earlier?.scopes ?? [], granted) : granted,
    redirectUri: wanted.redirectUri,
    challenge: wanted.challenge,
    nonce: wanted.nonce,
    offline: wanted.offline && (earlier === undefined || wanted.forceConsent),
    expiresAt: now().getTime() + CODE_LIFE_MS,
    used: false,
  }
  store.commit([...consenting(store.state, mailbox, granted), { kind: 'code', code }])
  return code
}

function backTo({ redirectUri, state }: AuthorizationRequest, result: Record<string, string>): Reply {
  const location = new URL(redirectUri)
  for (const [name, value] of Object.entries({ ...(state === undefined ? {} : { state }), ...result })) {
    location.searchParams.set(name, value)
  }
  return redirect(location.href)
}

function withRequest(
  parameters: URLSearchParams,
  { store, redirectUris }: OAuthOptions,
  answer: (request: AuthorizationRequest) => Reply,
): Reply {
  try {
    return answer(readAuthorizationRequest(parameters, store.state.clients, redirectUris()))
  } catch (error) {
    if (error instanceof AuthorizationError) return errorPage(error)
    throw error
  }
}
