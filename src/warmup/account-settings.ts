import type { AccountSettings } from '../domain/account.ts'
import type { Warmup } from './dependencies.ts'

/** Changes what the operator chose. A changed rate begins its count anew; a new warmup account gets its plan task. */
export async function changeSettings({ store, clock }: Warmup, accountId: number, settings: AccountSettings) {
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
  })
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
