import type { Account } from '../db/accounts.ts'
import type { AccountKind, AccountSettings } from '../domain/account.ts'
import { MissingScopesError } from '../domain/errors.ts'
import { missingScopes, scopesOf } from '../domain/token.ts'
import type { Warmup } from './dependencies.ts'
import { acquitAccount, condemnAccount } from './incidents.ts'

/**
 * Changes what the operator chose. A changed rate begins its count anew; a new warmup account gets its plan task; an
 * account that leaves the warmup has its planned mail withdrawn, and one that joins it needs the workers' scopes.
 */
export async function changeSettings(warmup: Warmup, accountId: number, settings: AccountSettings) {
  const { store, clock } = warmup
  await store.transaction(async (tx) => {
    const before = await tx.accounts.byId(accountId)
    if (!before) return
    const names = Object.keys(settings) as (keyof AccountSettings)[]
    const changed = names.filter((name) => settings[name] !== before[name])
    if (changed.length === 0) return
    await tx.accounts.updateSettings(accountId, settings)
    await tx.counts.restartRuns(accountId, {
      open: settings.openRate !== before.openRate,
      reply: settings.replyRate !== before.replyRate,
    })
    if (settings.kind === 'warmup') await tx.tasks.add([{ kind: 'plan', accountId, dueAt: clock.now() }])
    else await tx.tasks.removeKindOf(accountId, 'plan')
    const data = Object.fromEntries(changed.map((name) => [name, `${before[name]} → ${settings[name]}`]))
    await tx.events.add({ kind: 'settings_changed', at: clock.now(), accountId, data })
    if (settings.kind !== before.kind) await changeKind({ ...warmup, store: tx }, before, settings.kind)
  })
}

async function changeKind(warmup: Warmup, before: Account, kind: AccountKind): Promise<void> {
  const { store } = warmup
  const accountId = before.id
  if (kind === 'vault') {
    await store.messages.cancelUnsentOf(accountId, 'an account has left the warmup')
    await store.tasks.removeKindOf(accountId, 'open')
  }
  const stored = (await store.tokens.ofAll([accountId])).get(accountId)
  if (!stored) return
  const missing = missingScopes(scopesOf(stored.token), kind)
  if (missing.length === 0) {
    if (before.failure === 'missing_scopes') await acquitAccount(warmup, accountId, stored.version)
    return
  }
  await condemnAccount(warmup, accountId, stored.version, new MissingScopesError(missing))
}

/** Stops an account's tasks where they are. False where it was not active. */
export function pauseAccount(warmup: Warmup, accountId: number): Promise<boolean> {
  return switchStatus(warmup, accountId, { from: 'active', to: 'paused', event: 'paused' })
}

export function resumeAccount(warmup: Warmup, accountId: number): Promise<boolean> {
  return switchStatus(warmup, accountId, { from: 'paused', to: 'active', event: 'resumed' })
}

function switchStatus(
  { store, clock }: Warmup,
  accountId: number,
  change: { from: 'active' | 'paused'; to: 'active' | 'paused'; event: 'paused' | 'resumed' },
): Promise<boolean> {
  return store.transaction(async (tx) => {
    if (!(await tx.accounts.changeStatus(accountId, [change.from], change.to))) return false
    await tx.events.add({ kind: change.event, at: clock.now(), accountId })
    return true
  })
}
