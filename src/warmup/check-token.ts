import type { Account } from '../db/accounts.ts'
import { failureOf, MissingScopesError, NeedsReauthError, wordsOf } from '../domain/errors.ts'
import { factsOf, isRefreshDue, missingScopes, type TokenFacts } from '../domain/token.ts'
import type { TokenFailure } from '../domain/token-failure.ts'
import type { Warmup } from './dependencies.ts'
import { isOwn, proveToken, wrongMailbox } from './prove-token.ts'
import { addressOf } from './token-owner.ts'

/** `due` comes only of a check that may change nothing: the token runs out within minutes, and a refresh would mend it. */
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

/**
 * Tries an account's token against Google. Never throws.
 * @param options.mayRefresh whether it is refreshed where that is due, and the account marked where its grant is dead;
 *   otherwise nothing is changed, here or at Google
 */
export async function checkToken(
  warmup: Warmup,
  account: Account,
  options: { mayRefresh: boolean },
): Promise<TokenCheck> {
  const nothing = { failure: null, words: null }
  try {
    if (account.status === 'needs_reauth')
      throw new NeedsReauthError(
        account.failure ?? 'grant_revoked',
        account.lastError ?? 'it is to be connected again',
      )
    if (!options.mayRefresh) return { account, ...nothing, ...(await look(warmup, account)) }
    const token = await proveToken(warmup, account)
    return { account, health: token.refreshed ? 'refreshed' : 'valid', ...nothing, token }
  } catch (error) {
    const stored = await warmup.store.tokens.of(account.id).catch(() => null)
    const token = stored && factsOf(stored.token)
    return { account, health: 'failed', failure: failureOf(error), words: wordsOf(error), token }
  }
}

async function look(warmup: Warmup, account: Account): Promise<{ health: TokenHealth; token: TokenFacts }> {
  const stored = await warmup.store.tokens.of(account.id)
  if (!stored) throw new NeedsReauthError('no_token', 'the account has no token')
  const token = factsOf(stored.token)
  const missing = missingScopes(token.scopes, account.kind)
  if (missing.length > 0) throw new MissingScopesError(missing)
  if (isRefreshDue(stored.token, warmup.clock.now())) return { health: 'due', token }
  const address = await addressOf(warmup, stored.token.access_token, token.scopes, account.kind)
  if (address !== null && !isOwn(account, address)) throw wrongMailbox(address)
  return { health: 'valid', token }
}
