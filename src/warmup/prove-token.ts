import type { Account } from '../db/accounts.ts'
import { MissingScopesError, NeedsReauthError } from '../domain/errors.ts'
import type { Outcome } from '../domain/task.ts'
import { missingScopes } from '../domain/token.ts'
import type { ValidToken } from './authenticate-and-update-token.ts'
import type { Warmup } from './dependencies.ts'
import { condemnAccount, forgetIdleClients } from './incidents.ts'
import { askingWith } from './mailboxes.ts'
import { addressOf } from './token-owner.ts'

const DAY_MS = 24 * 3_600_000

/**
 * Tries an account's token for all that it is kept for: it is valid or can be refreshed, has the scopes that the
 * account's tasks need, and opens the account's own mailbox.
 * @throws NeedsReauthError, GoogleError
 */
export async function proveToken(warmup: Warmup, account: Account): Promise<ValidToken> {
  const token = await warmup.authenticateAndUpdateToken(account.id)
  const missing = missingScopes(token.scopes, account.kind)
  if (missing.length > 0) {
    const lack = new MissingScopesError(missing)
    await condemnAccount(warmup, account.id, token.version, lack)
    throw lack
  }
  const ask = askingWith(warmup.authenticateAndUpdateToken, account.id, token)
  const address = await ask((accessToken) => addressOf(warmup, accessToken, token.scopes, account.kind))
  // Said, but nobody is condemned for it: the mailbox may just have been given another address.
  if (address !== null && !isOwn(account, address)) throw wrongMailbox(address)
  return token
}

export function isOwn({ email }: Account, address: string): boolean {
  return address.toLowerCase() === email.toLowerCase()
}

export function wrongMailbox(address: string): NeedsReauthError {
  return new NeedsReauthError('wrong_mailbox', `the token opens ${address}, not this mailbox`)
}

/**
 * Once a day, whether or not anything else needs the token: a dead grant is found before a task is due, and none dies
 * of six months' idleness.
 */
export async function checkAccount(warmup: Warmup, account: Account): Promise<Outcome> {
  await forgetIdleClients(warmup)
  await proveToken(warmup, account)
  return { kind: 'again', at: nextCheck(warmup), reason: 'daily check' }
}

/** A day from now, give or take an hour: accounts that were connected together are not checked together for ever. */
export function nextCheck({ clock, random }: Pick<Warmup, 'clock' | 'random'>): Date {
  return new Date(clock.now().getTime() + DAY_MS + (random() - 0.5) * 2 * 3_600_000)
}
