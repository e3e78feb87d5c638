import { type AccountSettings, sendingSchedule } from './account.ts'
import type { Health } from './health.ts'
import { addDays, type LocalDate, localDateOf } from './local-time.ts'
import { WINDOW_MARGIN_MINUTES } from './plan-day.ts'
import { fullDay, lastDayOfRamp, volumeOnDay, volumeRange } from './ramp.ts'
import { sendingDays, windowsOn } from './schedule.ts'
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
  newHealth: 'healthy',
} as const

/** A day of an account's calendar. */
export type CalendarDay = { day: LocalDate; isSending: boolean }

export function* calendar(
  settings: AccountSettings,
  today: LocalDate,
  length: number,
  isTodayOver = false,
): Generator<CalendarDay> {
  const isSendingDay = sendingDays(sendingSchedule(settings))
  for (let i = 0; i < length; i += 1) {
    const day = addDays(today, i)
    yield { day, isSending: isSendingDay(day) && !(isTodayOver && i === 0) }
  }
}

/** The step on the ramp of each day ahead, if all goes well: the steering itself decides, with nothing bad in sight. */
export function* stepsAhead(
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

/** Whether nothing will be planned today any more: it was not, and its hours are over. */
function isTodayOver(settings: AccountSettings, { lastPlannedOn }: Standing, now: Date): boolean {
  const today = localDateOf(now, settings.timeZone)
  if (lastPlannedOn !== null && lastPlannedOn >= today) return false
  const latest = now.getTime() + WINDOW_MARGIN_MINUTES * 60_000
  return windowsOn(today, sendingSchedule(settings)).every(({ end }) => end.getTime() <= latest)
}

/** The planned curve of an account from today on, to two weeks after its end. */
export function forecast(settings: AccountSettings, standing: Standing, now: Date): Forecast {
  const today = localDateOf(now, settings.timeZone)
  const full = fullDay(settings) ?? Number.POSITIVE_INFINITY
  const last = lastDayOfRamp(settings) ?? Number.POSITIVE_INFINITY
  const days: ForecastDay[] = []
  let beyond = 0
  const ahead = calendar(settings, today, FURTHEST_DAYS, isTodayOver(settings, standing, now))
  for (const { day, warmupDay } of stepsAhead(settings, standing, ahead)) {
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
