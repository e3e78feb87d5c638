import { randomBytes } from 'node:crypto'
import type { Change } from '../state/changes.ts'
import type { RefreshToken } from '../state/shapes.ts'
import type { OAuthOptions } from './authorization.ts'
import { EMAIL, OPENID } from './scopes.ts'

const ACCESS_LIFE_S = 3599
const TESTING_LIFE_S = 7 * 24 * 3600 - 1

/** Fresh tokens for a mailbox: the answer of the token endpoint and the changes that make it true. */
export function issue(
  mailbox: string,
  scopes: string[],
  options: OAuthOptions,
  detail: { withRefreshToken: boolean; nonce?: string; replaces?: RefreshToken },
): { answer: Record<string, unknown>; changes: Change[] } {
  const { state } = options.store
  const at = options.now().getTime()
  const access = `ya29.a0${randomBytes(96).toString('base64url')}`
  const answer: Record<string, unknown> = {
    access_token: access,
    expires_in: ACCESS_LIFE_S,
    scope: scopes.join(' '),
    token_type: 'Bearer',
  }
  const expiresAt = at + ACCESS_LIFE_S * 1000
  const changes: Change[] = [
    ...outdatedTokens(options, mailbox, at),
    { kind: 'access-token', token: { token: access, mailbox, scopes, expiresAt } },
  ]
  let refresh = detail.replaces
  if (detail.withRefreshToken) {
    const life = state.options.testingLife ? { expiresAt: at + TESTING_LIFE_S * 1000 } : {}
    refresh = {
      token: `1//0${randomBytes(48).toString('base64url')}`,
      mailbox,
      scopes,
      ...(detail.replaces?.expiresAt === undefined ? life : { expiresAt: detail.replaces.expiresAt }),
    }
    answer.refresh_token = refresh.token
    changes.push({ kind: 'refresh-token', token: refresh })
  }
  if (refresh?.expiresAt !== undefined) {
    answer.refresh_token_expires_in = Math.floor((refresh.expiresAt - at) / 1000)
  }
  if (scopes.includes(OPENID)) answer.id_token = idToken(mailbox, scopes, options, at, detail.nonce)
  return { answer, changes }
}

function outdatedTokens({ store }: OAuthOptions, mailbox: string, at: number): Change[] {
  return [...store.state.accessTokens.values()]
    .filter((known) => known.mailbox === mailbox && known.expiresAt <= at)
    .map(({ token }) => ({ kind: 'access-token-gone', token }))
}

/** Shaped like Google's, but its signature proves nothing: the sandbox publishes no keys. */
function idToken(
  mailbox: string,
  scopes: string[],
  { store, client }: OAuthOptions,
  at: number,
  nonce: string | undefined,
): string {
  const iat = Math.floor(at / 1000)
  const identity = scopes.includes(EMAIL) ? { email: mailbox, email_verified: true } : {}
  const claims = {
    iss: 'https://accounts.google.com',
    azp: client.id,
    aud: client.id,
    sub: store.state.mailboxes.get(mailbox)?.sub,
    ...identity,
    ...(nonce === undefined ? {} : { nonce }),
    iat,
    exp: iat + 3600,
  }
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return [encode({ alg: 'none', typ: 'JWT' }), encode(claims), encode('sandbox')].join('.')
}
