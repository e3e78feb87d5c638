import type { AccountSettings } from './account.ts'
import { type CalendarDay, calendar, type Standing, stepsAhead } from './forecast.ts'
import { addDays, type LocalDate } from './local-time.ts'
import { volumeOnDay } from './ramp.ts'

/** So many accounts with the same settings in the same standing. */
export type Cohort = { settings: AccountSettings; standing: Standing; accounts: number }
export type PoolForecast = {
  days: { day: LocalDate; need: number }[]
  capacity: number
  /** The first day on which more is needed than the pool has room for. */
  shortFrom: LocalDate | null
  /** At the worst of these days: mails, and pool accounts of the mean limit, that are missing. */
  missing: { mails: number; accounts: number } | null
}

/** What the warmup accounts will need of the pool, day by day, against what it has room for. */
export function forecastPool(
  cohorts: readonly Cohort[],
  pool: { accounts: number; capacity: number },
  today: LocalDate,
  length: number,
): PoolForecast {
  const needs = new Array<number>(length).fill(0)
  const calendars = new Map<string, CalendarDay[]>()
  for (const { settings, standing, accounts } of cohorts) {
    // Most accounts share a calendar, and making one costs more than all the rest.
    const key = `${settings.sendDays} ${settings.holidays}`
    const days = calendars.get(key) ?? [...calendar(settings, today, length)]
    calendars.set(key, days)
    let i = 0
    for (const { warmupDay } of stepsAhead(settings, standing, days)) {
      if (warmupDay !== null) needs[i] = (needs[i] ?? 0) + volumeOnDay(settings, warmupDay) * accounts
      i += 1
    }
  }
  const days = needs.map((need, i) => ({ day: addDays(today, i), need }))
  const short = Math.max(0, ...needs) - pool.capacity
  return {
    days,
    capacity: pool.capacity,
    shortFrom: days.find(({ need }) => need > pool.capacity)?.day ?? null,
    missing: short > 0 ? { mails: short, accounts: accountsFor(short, pool) } : null,
  }
}

/** How many more pool accounts it takes for so many mails a day: of the mean limit, or of 50 where there is none yet. */
export function accountsFor(mails: number, pool: { accounts: number; capacity: number }): number {
  const mean = pool.accounts > 0 && pool.capacity > 0 ? pool.capacity / pool.accounts : 50
  return Math.ceil(mails / mean)
}
