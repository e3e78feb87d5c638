import { randomBytes } from 'node:crypto'
import type { Change } from '../state/changes.ts'
import type { AccessToken, RefreshToken } from '../state/shapes.ts'
import type { OAuthOptions } from './authorization.ts'
import { idToken } from './id-token.ts'
import { OPENID } from './scopes.ts'

const ACCESS_LIFE_S = 3599
const TESTING_LIFE_S = 7 * 24 * 3600 - 1

/** To whom tokens are issued, and what they open. */
export type Authorized = { clientId: string; mailbox: string; scopes: string[] }

export type Issued = {
  access: AccessToken
  /** The one that was issued, or the one that goes on. */
  refresh?: RefreshToken
  /** The answer of the token endpoint. */
  answer: Record<string, unknown>
  /** What makes the answer true. */
  changes: Change[]
}

export type IssueOptions = Pick<OAuthOptions, 'store' | 'now'>

export function issue(
  { clientId, mailbox, scopes }: Authorized,
  { store, now }: IssueOptions,
  detail: { withRefreshToken: boolean; nonce?: string; replaces?: RefreshToken },
): Issued {
  const at = now().getTime()
  const access: AccessToken = {
    token: `ya29.a0${randomBytes(96).toString('base64url')}`,
    clientId,
    mailbox,
    scopes,
    expiresAt: at + ACCESS_LIFE_S * 1000,
  }
  const answer: Record<string, unknown> = {
    access_token: access.token,
    expires_in: ACCESS_LIFE_S,
    scope: scopes.join(' '),
    token_type: 'Bearer',
  }
  const outdated = store.state.accessTokens.of(mailbox).filter((known) => known.expiresAt <= at)
  const changes: Change[] = [
    ...outdated.map(({ token }) => ({ kind: 'access-token-gone', token }) as const),
    { kind: 'access-token', token: access },
  ]
  let refresh = detail.replaces
  if (detail.withRefreshToken) {
    const life = store.state.options.testingLife ? { expiresAt: at + TESTING_LIFE_S * 1000 } : {}
    refresh = {
      token: `1//0${randomBytes(48).toString('base64url')}`,
      clientId,
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
  if (scopes.includes(OPENID)) answer.id_token = idToken(access, store.state, now(), detail.nonce)
  return { access, refresh, answer, changes }
}
