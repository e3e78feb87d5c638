import { addDays, instantAt, type LocalDate, localDateOf, type TimeWindow, weekdayOf } from './local-time.ts'

/** When an account may do something, in its own zone. All of it as the operator wrote it down. */
export type Schedule = {
  timeZone: string
  /** ISO 8601: 1 is Monday, 7 is Sunday. */
  days: readonly number[]
  /** Ranges of the day such as "09:00-12:30", in order, none touching another; "24:00" ends a day. */
  hours: readonly string[]
  /** Days off, as `tidyHolidays` writes them: "2026-12-25", or "2026-12-24..2027-01-02". */
  holidays: readonly string[]
}

/** Minutes of a local day. */
export type HourRange = { from: number; to: number }

export const EVERY_DAY: readonly number[] = [1, 2, 3, 4, 5, 6, 7]
const SHORTEST_RANGE_MINUTES = 30
/** Each day that is looked at is held against all of them. */
const MOST_HOLIDAYS = 100
/** A schedule that never opens within so many days is taken to be closed for good. */
const FURTHEST_DAYS = 400

/** @throws RangeError that says what is wrong with it */
export function parseHourRange(text: string): HourRange {
  const match = /^([01]?\d|2[0-4]):([0-5]\d)\s*[-–]\s*([01]?\d|2[0-4]):([0-5]\d)$/.exec(text.trim())
  if (!match) throw new RangeError(`“${text}” is no range of hours such as 09:00-17:30`)
  const [, fromHour, fromMinute, toHour, toMinute] = match.map(Number) as [
    never,
    number,
    number,
    number,
    number,
  ]
  const range = { from: fromHour * 60 + fromMinute, to: toHour * 60 + toMinute }
  if (range.to > 24 * 60) throw new RangeError(`“${text}” ends after 24:00`)
  if (range.to - range.from < SHORTEST_RANGE_MINUTES)
    throw new RangeError(`“${text}” is shorter than ${SHORTEST_RANGE_MINUTES} minutes`)
  return range
}

/** The ranges in the order of the day, each written the same way. @throws RangeError where one is wrong, or two overlap */
export function tidyHours(texts: readonly string[]): string[] {
  const ranges = texts.map(parseHourRange).toSorted((a, b) => a.from - b.from)
  if (ranges.length === 0) throw new RangeError('there are no hours')
  ranges.forEach((range, i) => {
    const before = ranges[i - 1]
    if (before && range.from <= before.to)
      throw new RangeError(`${hourRangeText(before)} and ${hourRangeText(range)} overlap or touch`)
  })
  return ranges.map(hourRangeText)
}

/** One day, or the first and the last of several. @throws RangeError */
export function parseHoliday(text: string): { first: LocalDate; last: LocalDate } {
  const match = /^(\d{4}-\d{2}-\d{2})(?:\s*\.\.\s*(\d{4}-\d{2}-\d{2}))?$/.exec(text.trim())
  const first = match?.[1]
  const last = match?.[2] ?? first
  if (!first || !last || !isDate(first) || !isDate(last))
    throw new RangeError(`“${text}” is no date such as 2026-12-25, or 2026-12-24..2027-01-02`)
  if (last < first) throw new RangeError(`“${text}” ends before it begins`)
  return { first, last }
}

/** Every holiday written the same way, in their order. @throws RangeError where one is wrong, or there are too many */
export function tidyHolidays(texts: readonly string[]): string[] {
  if (texts.length > MOST_HOLIDAYS)
    throw new RangeError(`there are ${texts.length} holidays, ${MOST_HOLIDAYS} are allowed`)
  const holidays = texts.map(parseHoliday).toSorted((a, b) => (a.first < b.first ? -1 : 1))
  return holidays.map(({ first, last }) => (first === last ? first : `${first}..${last}`))
}

export function isSendingDay(day: LocalDate, schedule: Schedule): boolean {
  return sendingDays(schedule)(day)
}

/** Tells the sending days of a schedule, whose holidays are read once for all the days it is asked about. */
export function sendingDays({ days, holidays }: Schedule): (day: LocalDate) => boolean {
  const off = holidays.map(parseHoliday)
  return (day) => days.includes(weekdayOf(day)) && !off.some(({ first, last }) => day >= first && day <= last)
}

/** The windows of one day, in order. Where clocks are put forward over one, it is shorter or not there at all. */
export function windowsOn(day: LocalDate, schedule: Schedule): TimeWindow[] {
  if (!isSendingDay(day, schedule)) return []
  return schedule.hours
    .map(parseHourRange)
    .map(({ from, to }) => ({
      start: instantAt(day, from, schedule.timeZone),
      end: instantAt(day, to, schedule.timeZone),
    }))
    .filter(({ start, end }) => end > start)
}

export function isOpen(instant: Date, schedule: Schedule): boolean {
  return windowsOn(localDateOf(instant, schedule.timeZone), schedule).some(
    ({ start, end }) => instant >= start && instant < end,
  )
}

/** The window that is open at the instant, or the next one to open; null where none ever will. */
export function currentOrNextWindow(instant: Date, schedule: Schedule): TimeWindow | null {
  return firstWindow(localDateOf(instant, schedule.timeZone), schedule, ({ end }) => end > instant)
}

/** The first window of the next local day that has one. */
export function nextDaysWindow(instant: Date, schedule: Schedule): TimeWindow | null {
  return firstWindow(addDays(localDateOf(instant, schedule.timeZone), 1), schedule, () => true)
}

function firstWindow(
  from: LocalDate,
  schedule: Schedule,
  suits: (window: TimeWindow) => boolean,
): TimeWindow | null {
  let day = from
  for (let i = 0; i < FURTHEST_DAYS; i += 1) {
    const window = windowsOn(day, schedule).find(suits)
    if (window) return window
    day = addDays(day, 1)
  }
  return null
}

export function hourRangeText({ from, to }: HourRange): string {
  return `${timeText(from)}-${timeText(to)}`
}

function timeText(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
}

function isDate(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}
