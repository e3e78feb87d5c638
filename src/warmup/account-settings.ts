import type { Account } from '../db/accounts.ts'
import type { Store } from '../db/store.ts'
import { type AccountKind, type AccountSettings, changedSettings } from '../domain/account.ts'
import type { RateName } from '../domain/engagement.ts'
import { MissingScopesError } from '../domain/errors.ts'
import { zoneLeft } from '../domain/pacing.ts'
import { dayAfterChange } from '../domain/ramp.ts'
import { countTexts } from '../domain/text-choice.ts'
import { missingScopes, scopesOf } from '../domain/token.ts'
import type { Warmup } from './dependencies.ts'
import { acquitAccount, condemnAccount } from './incidents.ts'

const RATES = {
  openRate: 'open',
  replyRate: 'reply',
  importantRate: 'important',
  starRate: 'star',
  rescueRate: 'rescue',
  primaryRate: 'primary',
} as const satisfies Partial<Record<keyof AccountSettings, RateName>>

/** The curve of the ramp: where it is changed, the account goes on with the volume that it has. */
const RAMP: readonly (keyof AccountSettings)[] = ['ramp', 'startVolume', 'dailyIncrease', 'dailyLimit']

/** What a day's plan rests on: where one of these is changed, what was not sent yet is planned anew. */
const PLANNED_BY: readonly (keyof AccountSettings)[] = [
  'kind',
  'dailyLimit',
  'ramp',
  'startVolume',
  'dailyIncrease',
  'dailyVariation',
  'maintenanceVolume',
  'timeZone',
  'sendDays',
  'sendHours',
  'holidays',
  'minPauseMinutes',
]

/** What a change of settings came to. */
export type SettingsChange = { changed: (keyof AccountSettings)[]; withdrawn: number }

/**
 * Changes what the operator chose. What the plan rests on has today's unsent conversations planned anew; a changed rate
 * begins its count anew; an account that leaves the warmup has its planned mail withdrawn, and one that joins it needs the
 * workers' scopes.
 */
export function changeSettings(
  warmup: Warmup,
  accountId: number,
  settings: AccountSettings,
): Promise<SettingsChange> {
  const { store, clock } = warmup
  const now = clock.now()
  return store.transaction(async (tx) => {
    const before = await tx.accounts.lock(accountId)
    const changed = before ? changedSettings(before, settings) : []
    if (!before || changed.length === 0) return { changed: [], withdrawn: 0 }
    const left = changed.includes('timeZone') ? zoneLeft(now, before) : undefined
    await tx.accounts.updateSettings(accountId, settings, left)
    await tx.counts.restartRuns(
      accountId,
      Object.entries(RATES).flatMap(([setting, rate]) =>
        changed.includes(setting as keyof typeof RATES) ? [rate] : [],
      ),
    )
    if (settings.kind === 'vault') await tx.tasks.removeKindOf(accountId, 'plan')
    else await tx.tasks.add([{ kind: 'plan', accountId, dueAt: now }])
    const warmupDay = changed.some((name) => RAMP.includes(name))
      ? dayAfterChange(before, settings, before.warmupDay)
      : before.warmupDay
    if (warmupDay !== before.warmupDay) await tx.accounts.steer(accountId, { ...before, warmupDay })
    const isPlannedAnew = changed.some((name) => PLANNED_BY.includes(name))
    const withdrawn = isPlannedAnew ? await planAnew(tx, accountId, now) : 0
    const data: Record<string, string> = Object.fromEntries(
      changed.map((name) => [name, `${before[name]} → ${settings[name]}`]),
    )
    if (warmupDay !== before.warmupDay) data.warmupDay = `${before.warmupDay} → ${warmupDay}`
    await tx.events.add({
      kind: 'settings_changed',
      at: now,
      accountId,
      data: withdrawn > 0 ? { ...data, withdrawn } : data,
    })
    if (settings.kind !== before.kind) await changeKind({ ...warmup, store: tx }, before, settings.kind)
    return { changed, withdrawn }
  })
}

/** Withdraws the conversations that were not begun, and has the day planned again at once. Returns how many those were. */
async function planAnew(tx: Store, accountId: number, now: Date): Promise<number> {
  const withdrawn = await tx.messages.withdrawOpeningsOf(accountId, 'planned anew, as a setting was changed')
  const undone = [...countTexts(withdrawn)].map(([key, uses]) => [key, -uses] as const)
  await tx.textUses.add(accountId, new Map(undone))
  await tx.accounts.markPlanned(accountId, null)
  await tx.tasks.bringForward(accountId, 'plan', now)
  return withdrawn.length
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
