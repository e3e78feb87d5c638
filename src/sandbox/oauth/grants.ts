import type { Change } from '../state/changes.ts'
import type { State } from '../state/state.ts'

/** A revoked grant is gone with every token and code of it. */
export function revocation(state: Readonly<State>, mailbox: string, by: 'app' | 'user', at: Date): Change[] {
  const changes: Change[] = [{ kind: 'grant-gone', mailbox }]
  for (const { token, ...known } of state.accessTokens.values()) {
    if (known.mailbox === mailbox) changes.push({ kind: 'access-token-gone', token })
  }
  for (const { token, ...known } of state.refreshTokens.values()) {
    if (known.mailbox === mailbox) changes.push({ kind: 'refresh-token-gone', token })
  }
  for (const code of state.codes.values()) {
    if (code.mailbox === mailbox && !code.used) changes.push({ kind: 'code', code: { ...code, used: true } })
  }
  return [...changes, { kind: 'fact', fact: { kind: 'revoked', at: at.toISOString(), mailbox, by } }]
}

/** Takes one scope away, as a user does who left its checkbox empty. */
export function narrowing(state: Readonly<State>, mailbox: string, scope: string): Change[] {
  const without = (scopes: string[]) => scopes.filter((other) => other !== scope)
  const grant = state.grants.get(mailbox)
  const changes: Change[] = grant
    ? [{ kind: 'grant', grant: { mailbox, scopes: without(grant.scopes) } }]
    : []
  for (const token of state.accessTokens.values()) {
    if (token.mailbox !== mailbox) continue
    changes.push({ kind: 'access-token', token: { ...token, scopes: without(token.scopes) } })
  }
  for (const token of state.refreshTokens.values()) {
    if (token.mailbox !== mailbox) continue
    changes.push({ kind: 'refresh-token', token: { ...token, scopes: without(token.scopes) } })
  }
  return changes
}

/** Lets access tokens end now, of one mailbox or of all. */
export function expiry(state: Readonly<State>, mailbox: string | undefined): Change[] {
  return [...state.accessTokens.values()]
    .filter((known) => mailbox === undefined || known.mailbox === mailbox)
    .map(({ token }) => ({ kind: 'access-token-gone', token }))
}
