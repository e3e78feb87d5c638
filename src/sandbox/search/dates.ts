import { invalidArgument } from '../http/google-error.ts'

// "All dates used in the search query are interpreted as midnight on that date in the PST timezone":
// https://developers.google.com/workspace/gmail/api/guides/filtering
const PACIFIC_STANDARD_OFFSET = '-08:00'

const HOUR = 3_600_000
const LENGTHS: Record<string, number> = { h: HOUR, d: 24 * HOUR, m: 30 * 24 * HOUR, y: 365 * 24 * HOUR }

/** `2026/01/31`, `2026-01-31` or seconds since 1970. */
export function momentIn(operator: string, value: string): number {
  if (/^\d{5,}$/.test(value)) return Number(value) * 1000
  const [, year, month = '', day = ''] = /^(\d{4})[/-](\d{1,2})[/-](\d{1,2})$/.exec(value) ?? []
  const iso = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}T00:00:00${PACIFIC_STANDARD_OFFSET}`
  const moment = Date.parse(iso)
  if (Number.isNaN(moment)) throw invalidArgument(`Invalid query: ${operator}:${value} is not a date`)
  return moment
}

/** `12h`, `2d`, `3m` or `1y`. */
export function ageIn(operator: string, value: string): number {
  const [, count, unit = ''] = /^(\d+)([hdmy])$/.exec(value) ?? []
  const length = LENGTHS[unit]
  if (length === undefined) throw invalidArgument(`Invalid query: ${operator}:${value} is not an age`)
  return Number(count) * length
}
