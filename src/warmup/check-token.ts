import type { Account } from '../db/accounts.ts'
import { GoogleError, NeedsReauthError } from '../domain/errors.ts'
import { isRefreshDue } from '../domain/token.ts'
import type { Warmup } from './dependencies.ts'

/** `due` comes only of a check that may not refresh: it runs out within minutes, and a refresh would mend it. */
export type TokenHealth = 'valid' | 'refreshed' | 'due' | 'failed'

export type TokenCheck = {
  accountId: number
  email: string
  kind: Account['kind']
  health: TokenHealth
  /** Why it failed; null where it did not. */
  reason: string | null
  /** Whether only the owner of the mailbox can mend it. */
  needsReauth: boolean
}

/** Tries an account's token against Gmail, refreshed first where that is due and allowed. Never throws. */
export async function checkToken(
  warmup: Warmup,
  account: Account,
  options: { mayRefresh: boolean },
): Promise<TokenCheck> {
  const { id: accountId, email, kind } = account
  const found = (health: TokenHealth, reason: string | null = null, needsReauth = false): TokenCheck => ({
    accountId,
    email,
    kind,
    health,
    reason,
    needsReauth,
  })
  if (account.status === 'needs_reauth') return found('failed', account.lastError, true)
  try {
    if (!options.mayRefresh && (await refreshIsDue(warmup, accountId))) return found('due')
    const { refreshed } = await warmup.authenticateAndUpdateToken(accountId)
    const address = await (await warmup.openMailbox(accountId))((mailbox) => mailbox.address())
    if (address.toLowerCase() !== email.toLowerCase())
      return found('failed', `the token opens ${address}, not this mailbox`, true)
    return found(refreshed ? 'refreshed' : 'valid')
  } catch (error) {
    if (error instanceof NeedsReauthError) return found('failed', error.message, true)
    const isRefused = error instanceof GoogleError && error.problem === 'unauthorized'
    return found('failed', error instanceof Error ? error.message : String(error), isRefused)
  }
}

async function refreshIsDue({ store, clock }: Warmup, accountId: number): Promise<boolean> {
  const stored = await store.accounts.token(accountId)
  return stored !== null && isRefreshDue(stored.token, clock.now())
}
