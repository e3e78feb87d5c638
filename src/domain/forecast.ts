import { type AccountSettings, sendingSchedule } from './account.ts'
import type { Health } from './health.ts'
import { addDays, type LocalDate } from './local-time.ts'
import { fullDay, lastDayOfRamp, volumeOnDay, volumeRange } from './ramp.ts'
import { isSendingDay } from './schedule.ts'
import { steer } from './steering.ts'

/** Where an account stands. */
export type Standing = {
  health: Health
  warmupDay: number
  restsUntil: LocalDate | null
  /** The day that was planned last. */
  lastPlannedOn: LocalDate | null
}

/** A day ahead: its step on the ramp, null on a day off or at rest, and its volume with the ends that chance leaves it. */
export type ForecastDay = {
  day: LocalDate
  warmupDay: number | null
  volume: number
  low: number
  high: number
}

export type Forecast = {
  days: ForecastDay[]
  /** The first day with the full volume, and the first one after the ramp is done; null where that is not in sight. */
  fullOn: LocalDate | null
  doneOn: LocalDate | null
}

const FURTHEST_DAYS = 400
/** How much of the maintenance is shown, and of a volume that does not rise. */
const DAYS_BEYOND = 14
const ALL_WELL = {
  verdict: { health: 'healthy', bad: 0, all: 1, share: 0, interval: { low: 0, high: 1 } },
  sentThen: 1,
  newEvidence: 1,
} as const

/** The days ahead with today's settings, if all goes well: the steering itself decides, with nothing bad in sight. */
export function* daysAhead(
  settings: AccountSettings,
  standing: Standing,
  today: LocalDate,
): Generator<ForecastDay, never> {
  const schedule = sendingSchedule(settings)
  let { health, warmupDay, restsUntil } = standing
  for (let day = today; ; day = addDays(day, 1)) {
    const off = { day, warmupDay: null, volume: 0, low: 0, high: 0 }
    if (!isSendingDay(day, schedule)) {
      yield off
      continue
    }
    if (standing.lastPlannedOn === null || day > standing.lastPlannedOn) {
      const steering = steer({
        today: day,
        ramp: settings,
        restDays: 0,
        health,
        warmupDay,
        restsUntil,
        ...ALL_WELL,
      })
      ;({ health, warmupDay, restsUntil } = steering)
      if (steering.step === 'rest') {
        yield off
        continue
      }
    }
    yield { day, warmupDay, volume: volumeOnDay(settings, warmupDay), ...volumeRange(settings, warmupDay) }
  }
}

/** The planned curve of an account, to two weeks after its end. */
export function forecast(settings: AccountSettings, standing: Standing, today: LocalDate): Forecast {
  const full = fullDay(settings) ?? Number.POSITIVE_INFINITY
  const last = lastDayOfRamp(settings) ?? Number.POSITIVE_INFINITY
  const days: ForecastDay[] = []
  let beyond = 0
  for (const next of daysAhead(settings, standing, today)) {
    days.push(next)
    if ((next.warmupDay ?? 0) > last || full === Number.POSITIVE_INFINITY) beyond += 1
    if (beyond >= DAYS_BEYOND || days.length >= FURTHEST_DAYS) break
  }
  const firstWith = (step: number) =>
    days.find(({ warmupDay }) => warmupDay !== null && warmupDay >= step)?.day ?? null
  return { days, fullOn: firstWith(full), doneOn: firstWith(last + 1) }
}

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
  for (const { settings, standing, accounts } of cohorts) {
    const ahead = daysAhead(settings, standing, today)
    for (let i = 0; i < length; i += 1) needs[i] = (needs[i] ?? 0) + ahead.next().value.volume * accounts
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
