import type { FetchSettings } from '../../db/mailboxes.ts'
import { nextSync } from '../../domain/inbox.ts'
import type { Warmup } from '../dependencies.ts'

const NAMES = ['everyMinutes', 'filter', 'keepsBodies'] as const satisfies (keyof FetchSettings)[]

/**
 * Changes how an account's new mail is fetched: where it was not, at once; where it is no more, a round that is under way
 * keeps nothing. Returns what was changed; null where the account was removed.
 */
export function changeFetching(
  { store, clock }: Warmup,
  accountId: number,
  settings: FetchSettings,
): Promise<(keyof FetchSettings)[] | null> {
  const now = clock.now()
  return store.transaction(async (tx) => {
    await tx.accounts.lock(accountId)
    const before = await tx.mailboxes.ofAccount(accountId)
    if (!before) return null
    const changed = NAMES.filter((name) => before[name] !== settings[name])
    if (changed.length === 0) return changed
    // Tasks before mailboxes, as a round that is kept has it.
    const { everyMinutes } = settings
    if (everyMinutes === null) await tx.tasks.removeKindOf(accountId, 'sync')
    else {
      const dueAt = before.everyMinutes === null ? now : nextSync(accountId, everyMinutes, now)
      await tx.tasks.add([{ kind: 'sync', accountId, dueAt }])
      await tx.tasks.bringForward(accountId, 'sync', dueAt)
    }
    await tx.mailboxes.updateSettings(accountId, settings)
    const told = (name: keyof FetchSettings, value: FetchSettings) => value[name] ?? 'off'
    const data = changed.map((name) => [name, `${told(name, before)} → ${told(name, settings)}`])
    await tx.events.add({ kind: 'fetching_changed', at: now, accountId, data: Object.fromEntries(data) })
    return changed
  })
}
