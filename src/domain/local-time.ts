import { Temporal } from 'temporal-polyfill'

// Temporal is the language's own coming calendar; Node 24 does not carry it yet.

/** A calendar day, YYYY-MM-DD, in whatever zone its owner lives. */
export type LocalDate = string

export const WORKDAY_START_HOUR = 9
export const WORKDAY_END_HOUR = 18

export type TimeWindow = { start: Date; end: Date }

export function isTimeZone(zone: string): boolean {
  try {
    Temporal.Now.instant().toZonedDateTimeISO(zone)
    return zone.includes('/') || zone === 'UTC'
  } catch {
    return false
  }
}

export function localDateOf(instant: Date, zone: string): LocalDate {
  return zoned(instant, zone).toPlainDate().toString()
}

/** The first instant of the day; where a DST change skips midnight, the first one that exists. */
export function startOfLocalDay(day: LocalDate, zone: string): Date {
  return asDate(Temporal.PlainDate.from(day).toZonedDateTime(zone))
}

export function addDays(day: LocalDate, days: number): LocalDate {
  return Temporal.PlainDate.from(day).add({ days }).toString()
}

export function isWorkingDay(day: LocalDate): boolean {
  return Temporal.PlainDate.from(day).dayOfWeek <= 5
}

export function workWindow(day: LocalDate, zone: string): TimeWindow {
  const at = (hour: number) =>
    asDate(Temporal.PlainDate.from(day).toZonedDateTime({ timeZone: zone, plainTime: { hour } }))
  return { start: at(WORKDAY_START_HOUR), end: at(WORKDAY_END_HOUR) }
}

export function isWithinWorkWindow(instant: Date, zone: string): boolean {
  const day = localDateOf(instant, zone)
  if (!isWorkingDay(day)) return false
  const { start, end } = workWindow(day, zone)
  return instant >= start && instant < end
}

/** The work window that is open at the instant, or the next one to open. */
export function currentOrNextWorkWindow(instant: Date, zone: string): TimeWindow {
  let day = localDateOf(instant, zone)
  while (!isWorkingDay(day) || instant >= workWindow(day, zone).end) day = addDays(day, 1)
  return workWindow(day, zone)
}

/** The next work window that opens after the local day of the instant has ended. */
export function nextDaysWorkWindow(instant: Date, zone: string): TimeWindow {
  return currentOrNextWorkWindow(startOfLocalDay(addDays(localDateOf(instant, zone), 1), zone), zone)
}

function zoned(instant: Date, zone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(instant.getTime()).toZonedDateTimeISO(zone)
}

function asDate(zonedDateTime: Temporal.ZonedDateTime): Date {
  return new Date(zonedDateTime.epochMilliseconds)
}
