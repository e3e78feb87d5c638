import type { Account } from '../db/accounts.ts'
import type { Outcome } from '../domain/task.ts'
import type { Warmup } from './dependencies.ts'
import { forgetReauthentication } from './incidents.ts'

/** Takes an account out of everything at once; its grant at Google is ended by the task that this leaves behind. */
export async function removeAccount(warmup: Warmup, accountId: number): Promise<boolean> {
  const { store, clock, log } = warmup
  const now = clock.now()
  const removed = await store.transaction(async (tx) => {
    if (!(await tx.accounts.changeStatus(accountId, ['active', 'paused', 'needs_reauth'], 'removed')))
      return false
    const withdrawn = await tx.messages.cancelUnsentOf(accountId, 'an account was removed')
    const reason = 'its sender was removed while it was being sent'
    for (const messageId of await tx.messages.abandonSendingOf(accountId, reason))
      await tx.events.add({ kind: 'send_unknown', at: now, accountId, messageId, data: { reason } })
    // A round that is being kept is waited for: what it hands on goes along.
    await tx.tasks.removeKindOf(accountId, 'sync')
    await tx.mailRoutes.forget(accountId)
    await tx.tasks.removeOf(accountId, { except: 'disconnect' })
    await tx.mailboxes.forget(accountId)
    await forgetReauthentication({ ...warmup, store: tx }, accountId)
    await tx.tasks.add([{ kind: 'disconnect', accountId, dueAt: now }])
    await tx.events.add({ kind: 'removed', at: now, accountId, data: { withdrawn } })
    return true
  })
  if (removed) log.info({ accountId }, 'account removed')
  return removed
}

/** Revokes a removed account's grant at Google, then erases its token. */
export async function disconnectAccount(
  { store, oauth, clock, log }: Warmup,
  account: Account,
): Promise<Outcome> {
  if (account.status !== 'removed') return { kind: 'done' }
  const accountId = account.id
  const stored = (await store.tokens.ofAll([accountId])).get(accountId)
  // What does not open can't be revoked, and is of no use to anybody.
  if (stored) await oauth.revoke(stored.token.refresh_token)
  const erased = await store.transaction(async (tx) => {
    if (!(await tx.tokens.erase(accountId, stored?.version ?? account.tokenVersion))) return false
    if (stored) await tx.events.add({ kind: 'revoked', at: clock.now(), accountId })
    return true
  })
  if (erased) log.info({ accountId, isRevoked: stored !== undefined }, 'token erased')
  // It got another token meanwhile, from a refresh that was under way or by being connected again.
  return erased
    ? { kind: 'done' }
    : { kind: 'again', at: clock.now(), reason: 'another token', untried: true }
}
