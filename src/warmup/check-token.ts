import type { Account } from '../db/accounts.ts'
import { isRefreshDue, missingScopes, type OAuthToken, scopesOf } from '../domain/token.ts'
import { failureOf, type TokenFailure } from '../domain/token-failure.ts'
import type { Warmup } from './dependencies.ts'
import { proveToken } from './prove-token.ts'

/** `due` comes only of a check that may not refresh: the token runs out within minutes, and a refresh would mend it. */
export type TokenHealth = 'valid' | 'refreshed' | 'due' | 'failed'

export type TokenCheck = {
  account: Account
  health: TokenHealth
  /** Why it failed, as a code and in Google's words; null where it did not. */
  failure: TokenFailure | null
  words: string | null
  /** What is known of the token; null where there is none. */
  token: TokenFacts | null
}
export type TokenFacts = {
  scopes: string[]
  missingScopes: string[]
  obtainedAt: Date
  refreshedAt: Date
  expiresAt: Date
  /** When the grant itself ends; null where it does not end by itself. */
  grantEndsAt: Date | null
}

/** Tries an account's token against Gmail, refreshed first where that is due and allowed. Never throws. */
export async function checkToken(
  warmup: Warmup,
  account: Account,
  options: { mayRefresh: boolean },
): Promise<TokenCheck> {
  const { store, clock } = warmup
  const found = async (
    health: TokenHealth,
    failure: TokenFailure | null = null,
    words: string | null = null,
  ) => {
    const stored = await store.accounts.token(account.id).catch(() => null)
    return { account, health, failure, words, token: stored && factsOf(stored.token, account.kind) }
  }
  if (account.status === 'needs_reauth')
    return found('failed', account.failure ?? 'grant_revoked', account.lastError)
  try {
    if (!options.mayRefresh) {
      const stored = await store.accounts.token(account.id)
      if (stored && isRefreshDue(stored.token, clock.now())) return await found('due')
    }
    const { refreshed } = await proveToken(warmup, account)
    return await found(refreshed ? 'refreshed' : 'valid')
  } catch (error) {
    return found('failed', failureOf(error), error instanceof Error ? error.message : String(error))
  }
}

/** What may be said of a token without giving it away. */
export function factsOf(token: OAuthToken, kind: Account['kind']): TokenFacts {
  const scopes = scopesOf(token)
  const { obtained_at, refreshed_at, expiry, refresh_token_expires_at: end } = token
  return {
    scopes,
    missingScopes: missingScopes(scopes, kind),
    obtainedAt: new Date(obtained_at),
    refreshedAt: new Date(refreshed_at ?? obtained_at),
    expiresAt: new Date(expiry),
    grantEndsAt: end === undefined ? null : new Date(end),
  }
}
