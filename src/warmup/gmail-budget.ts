import type { Store } from '../db/store.ts'
import type { Clock } from '../domain/clock.ts'
import { type Allowance, allowanceOf, readyAt, wholeAfter } from '../domain/quota.ts'

export type BudgetSettings = { unitsPerMinuteProject: number; unitsPerMinuteAccount: number }

/** Why a task waits, in the operator's words. */
const WAITS = {
  account: 'this account’s part of Gmail’s quota is used up for the moment',
  project: 'the Cloud project’s Gmail quota is used up for the moment',
}
/** What a process takes out of the project's allowance at once: at first so much, then twice as much each time it was too little. */
const LEAST_SLICE = 1000
/** A slice that lasted for less real time than this was too little; one that is older is given up. */
const SLICE_MS = 2000

/**
 * Keeps to Gmail's quota units, over all processes. Of the project's allowance each process takes slices and gives up what it
 * does not use; what accounts have spent is counted here and settled with the others every few seconds. So tasks are answered
 * from memory.
 */
export function createGmailBudget(
  { store, clock }: { store: Pick<Store, 'gmailQuota'>; clock: Clock },
  settings: BudgetSettings,
) {
  const account = allowanceOf('account', settings.unitsPerMinuteAccount)
  const slices = createSlices(store, clock, allowanceOf('project', settings.unitsPerMinuteProject))
  /** When the accounts' allowances will be whole again: what others have settled, and all that was spent here. */
  const wholeAt = new Map<number, number>()
  let unsettled = new Map<number, number>()

  return {
    /** Null where a task that costs so much may begin, and so much is put by for it until `release`; else when and why. */
    async waitOf(accountId: number, units: number): Promise<{ at: Date; reason: string } | null> {
      const now = clock.now().getTime()
      const ready = readyAt(wholeAt.get(accountId) ?? 0, units, account, now)
      if (ready > now) return { at: new Date(ready), reason: WAITS.account }
      const projectReady = await slices.reserve(units)
      return projectReady === null ? null : { at: projectReady, reason: WAITS.project }
    },

    release: slices.release,

    /** A call was made; `accountId` is null where nobody knows in whose name. */
    spend(units: number, accountId: number | null): void {
      slices.spend(units)
      if (accountId === null) return
      unsettled.set(accountId, (unsettled.get(accountId) ?? 0) + units)
      wholeAt.set(accountId, wholeAfter(wholeAt.get(accountId) ?? 0, units, account, clock.now().getTime()))
    },

    /** Tells the other processes what was spent here, and learns what they have spent. */
    async settle(): Promise<void> {
      slices.giveUpOld()
      const now = clock.now()
      const spent = unsettled
      unsettled = new Map()
      try {
        for (const { accountId, wholeAt: at } of await store.gmailQuota.settle(spent, account, now))
          wholeAt.set(accountId, wholeAfter(at, unsettled.get(accountId) ?? 0, account, now.getTime()))
      } catch (error) {
        for (const [accountId, units] of spent)
          unsettled.set(accountId, (unsettled.get(accountId) ?? 0) + units)
        throw error
      }
      for (const [accountId, at] of wholeAt) if (at <= now.getTime()) wholeAt.delete(accountId)
    },
  }
}

/** This process's part of the project's allowance. */
function createSlices(store: Pick<Store, 'gmailQuota'>, clock: Clock, allowance: Allowance) {
  const largest = Math.max(LEAST_SLICE, allowance.perMinute / 60)
  let held = 0
  let reserved = 0
  let slice = LEAST_SLICE
  let takenAt = Number.NEGATIVE_INFINITY
  let taking: Promise<number> | null = null

  /** When the allowance will be whole again. */
  async function take(units: number): Promise<number> {
    const isEarly = performance.now() - takenAt < SLICE_MS
    slice = Math.min(largest, Math.max(LEAST_SLICE, isEarly ? slice * 2 : slice / 2))
    takenAt = performance.now()
    const { granted, wholeAt } = await store.gmailQuota.take(
      Math.min(slice + units + reserved - held, allowance.burst),
      allowance,
      clock.now(),
    )
    held += granted
    return wholeAt
  }

  return {
    /** Null where so much is put by; else when it is worth asking again. */
    async reserve(units: number): Promise<Date | null> {
      let wholeAt = 0
      // Several wait for one slice, and the first of them may need all of it.
      for (let tries = 0; tries < 3 && held - reserved < units; tries += 1) {
        taking ??= take(units).finally(() => {
          taking = null
        })
        wholeAt = await taking
      }
      if (held - reserved >= units) {
        reserved += units
        return null
      }
      const now = clock.now().getTime()
      return new Date(Math.max(readyAt(wholeAt, units + reserved - held, allowance, now), now + 1000))
    },

    release(units: number): void {
      reserved -= units
    },

    spend(units: number): void {
      held -= units
    },

    /** What lies here unused is others'. */
    giveUpOld(): void {
      if (reserved === 0 && performance.now() - takenAt >= SLICE_MS) held = Math.min(held, 0)
    },
  }
}
