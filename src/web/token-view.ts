import type { Account } from '../db/accounts.ts'
import type { Store } from '../db/store.ts'
import { factsOf, missingScopes, type TokenFacts } from '../domain/token.ts'
import { FAILURE_ADVICE } from '../domain/token-failure.ts'
import { grantedName, permissionView } from './scope-words.ts'
import { timeView } from './times.ts'

/** What is known of an account's token, and nothing of the token itself; null where there is none. */
export async function loadTokenView({ tokens }: Pick<Store, 'tokens'>, account: Account, now: Date) {
  try {
    const stored = await tokens.of(account.id)
    return stored && { facts: factsView(factsOf(stored.token), account, now), problem: null }
  } catch (error) {
    // The page is where the account can be connected again, so it is shown without the token's key, too.
    if (error instanceof Error && error.name === 'SealError') return { facts: null, problem: error.message }
    throw error
  }
}

function factsView(token: TokenFacts, { kind, extraScopes, status, timeZone }: Account, now: Date) {
  const at = (instant: Date) => timeView(instant, { now, zone: timeZone })
  const lacking = extraScopes.filter((scope) => !token.scopes.includes(grantedName(scope)))
  const { grantEndsAt: end } = token
  // A grant that is dead before its time does not end any more.
  const endsByItself = end !== null && (status !== 'needs_reauth' || end <= now)
  return {
    granted: token.scopes.map(permissionView),
    extra: extraScopes.map(permissionView),
    missing: [...missingScopes(token.scopes, kind), ...lacking].map(permissionView),
    made: at(token.obtainedAt),
    refreshed: at(token.refreshedAt),
    access: { hasEnded: token.expiresAt <= now, ends: at(token.expiresAt) },
    grantEnd: endsByItself
      ? { hasEnded: end <= now, ends: at(end), advice: FAILURE_ADVICE.grant_expired.advice }
      : null,
  }
}
