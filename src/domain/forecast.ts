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
  /** The first day with the full volume, and the first one after the ramp is done; null where it is past or not in sight. */
  fullOn: LocalDate | null
  doneOn: LocalDate | null
  /** The full volume was reached, and the ramp done, before today. */
  wasFull: boolean
  wasDone: boolean
}

/** How far a forecast goes at most. */
export const FURTHEST_DAYS = 400
/** How much of the maintenance is shown, and of a volume that does not rise. */
const DAYS_BEYOND = 14
const ALL_WELL = {
  verdict: { health: 'healthy', bad: 0, all: 1, share: 0, interval: { low: 0, high: 1 } },
  sentThen: 1,
  newEvidence: 1,
} as const

type CalendarDay = { day: LocalDate; isSending: boolean }

function* calendar(settings: AccountSettings, today: LocalDate, length: number): Generator<CalendarDay> {
  const schedule = sendingSchedule(settings)
  for (let i = 0; i < length; i += 1) {
    const day = addDays(today, i)
    yield { day, isSending: isSendingDay(day, schedule) }
  }
}

/** The step on the ramp of each day ahead, if all goes well: the steering itself decides, with nothing bad in sight. */
function* stepsAhead(
  settings: AccountSettings,
  standing: Standing,
  days: Iterable<CalendarDay>,
): Generator<Pick<ForecastDay, 'day' | 'warmupDay'>> {
  let { health, warmupDay, restsUntil } = standing
  for (const { day, isSending } of days) {
    // Without a step on the ramp nothing was planned, whatever the day says.
    const isPlanned = warmupDay > 0 && standing.lastPlannedOn !== null && day <= standing.lastPlannedOn
    let rests = false
    if (isSending && !isPlanned) {
      const facts = { today: day, ramp: settings, restDays: 0, health, warmupDay, restsUntil, ...ALL_WELL }
      const steering = steer(facts)
      ;({ health, warmupDay, restsUntil } = steering)
      rests = steering.step === 'rest'
    }
    yield { day, warmupDay: isSending && !rests ? warmupDay : null }
  }
}

/** The planned curve of an account, to two weeks after its end. */
export function forecast(settings: AccountSettings, standing: Standing, today: LocalDate): Forecast {
  const full = fullDay(settings) ?? Number.POSITIVE_INFINITY
  const last = lastDayOfRamp(settings) ?? Number.POSITIVE_INFINITY
  const days: ForecastDay[] = []
  let beyond = 0
  for (const { day, warmupDay } of stepsAhead(settings, standing, calendar(settings, today, FURTHEST_DAYS))) {
    days.push({ day, warmupDay, ...volumesOf(settings, warmupDay) })
    if ((warmupDay ?? 0) > last || full === Number.POSITIVE_INFINITY) beyond += 1
    if (beyond >= DAYS_BEYOND) break
  }
  const firstStep = days.find(({ warmupDay }) => warmupDay !== null)?.warmupDay ?? 0
  const firstWith = (step: number) =>
    days.find(({ warmupDay }) => warmupDay !== null && warmupDay >= step)?.day ?? null
  return {
    days,
    fullOn: firstStep > full ? null : firstWith(full),
    doneOn: firstStep > last + 1 ? null : firstWith(last + 1),
    wasFull: firstStep > full,
    wasDone: firstStep > last + 1,
  }
}

function volumesOf(settings: AccountSettings, warmupDay: number | null) {
  if (warmupDay === null) return { volume: 0, low: 0, high: 0 }
  return { volume: volumeOnDay(settings, warmupDay), ...volumeRange(settings, warmupDay) }
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
