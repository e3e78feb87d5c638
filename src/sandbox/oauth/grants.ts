import { createMailbox } from '../mailboxes.ts'
import type { Change } from '../state/changes.ts'
import type { RefreshTokenEnd } from '../state/shapes.ts'
import type { State } from '../state/state.ts'
import { union } from './scopes.ts'

/** A user, known or new, agrees to scopes; those of before stay. */
export function consenting(state: Readonly<State>, mailbox: string, granted: string[]): Change[] {
  const earlier = state.grants.get(mailbox)?.scopes ?? []
  return [
    ...createMailbox(state, mailbox),
    { kind: 'grant', grant: { mailbox, scopes: union(earlier, granted) } },
  ]
}

/** A revoked grant is gone with every token and code of it. */
export function revocation(state: Readonly<State>, mailbox: string, by: 'app' | 'user', at: Date): Change[] {
  return [
    ...dissolution(state, mailbox),
    ...state.refreshTokens.of(mailbox).map(({ token }) => ({ kind: 'refresh-token-gone', token }) as const),
    { kind: 'fact', fact: { kind: 'revoked', at: at.toISOString(), mailbox, by } },
  ]
}

/** Ends a grant so that its refresh tokens are remembered, and refused with the reason. */
export function ending(state: Readonly<State>, mailbox: string, reason: RefreshTokenEnd, at: Date): Change[] {
  return [
    ...dissolution(state, mailbox),
    ...state.refreshTokens
      .of(mailbox)
      .map((token) => ({ kind: 'refresh-token', token: { ...token, end: reason } }) as const),
    { kind: 'fact', fact: { kind: 'ended', at: at.toISOString(), mailbox, reason } },
  ]
}

/** Takes one scope away, as a user does who left its checkbox empty. */
export function narrowing(state: Readonly<State>, mailbox: string, scope: string): Change[] {
  const without = (scopes: string[]) => scopes.filter((other) => other !== scope)
  const grant = state.grants.get(mailbox)
  const changes: Change[] = grant
    ? [{ kind: 'grant', grant: { mailbox, scopes: without(grant.scopes) } }]
    : []
  for (const token of state.accessTokens.of(mailbox)) {
    changes.push({ kind: 'access-token', token: { ...token, scopes: without(token.scopes) } })
  }
  for (const token of state.refreshTokens.of(mailbox)) {
    changes.push({ kind: 'refresh-token', token: { ...token, scopes: without(token.scopes) } })
  }
  return changes
}

/** Lets access tokens end now, of one mailbox or of all. */
export function expiry({ accessTokens }: Readonly<State>, mailbox: string | undefined): Change[] {
  const ending = mailbox === undefined ? accessTokens.values() : accessTokens.of(mailbox)
  return ending.map(({ token }) => ({ kind: 'access-token-gone', token }))
}

/** Ends a grant with its codes and access tokens; what becomes of its refresh tokens is for the caller to say. */
function dissolution(state: Readonly<State>, mailbox: string): Change[] {
  const open = state.codes.of(mailbox).filter(({ used }) => !used)
  return [
    { kind: 'grant-gone', mailbox },
    ...expiry(state, mailbox),
    ...open.map((code) => ({ kind: 'code', code: { ...code, used: true } }) as const),
  ]
}
