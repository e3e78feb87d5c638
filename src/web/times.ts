export type TimeView = {
  /** For machines. */
  iso: string
  /** On the clock of a zone, to the minute. */
  absolute: string
  /** The same without date and zone, for times within a week. */
  short: string
  /** Seen from now. */
  relative: string
}

export function timeView(instant: Date, { now, zone }: { now: Date; zone: string }): TimeView {
  return {
    iso: instant.toISOString(),
    absolute: `${formatted(FULL, instant, zone)} ${zone}`,
    short: formatted(SHORT, instant, zone),
    relative: relativeTo(now, instant),
  }
}

const SHORT: Intl.DateTimeFormatOptions = { weekday: 'short', hour: '2-digit', minute: '2-digit' }
const FULL: Intl.DateTimeFormatOptions = { ...SHORT, day: 'numeric', month: 'short', year: 'numeric' }

/** Making a formatter costs more than a page of formatting. */
const formatters = new Map<string, Intl.DateTimeFormat>()

function formatted(style: Intl.DateTimeFormatOptions, instant: Date, zone: string): string {
  const key = `${style === FULL ? 'full' : 'short'} ${zone}`
  const formatter = formatters.get(key) ?? new Intl.DateTimeFormat('en-GB', { ...style, timeZone: zone })
  formatters.set(key, formatter)
  return formatter.format(instant)
}

const STEPS = [
  { unit: 'd', seconds: 86_400 },
  { unit: 'h', seconds: 3600 },
  { unit: 'min', seconds: 60 },
] as const

function relativeTo(now: Date, instant: Date): string {
  const seconds = Math.round((instant.getTime() - now.getTime()) / 1000)
  const step = STEPS.find((candidate) => Math.abs(seconds) >= candidate.seconds)
  if (!step) return seconds > 0 ? 'in a moment' : 'just now'
  const amount = `${Math.floor(Math.abs(seconds) / step.seconds)} ${step.unit}`
  return seconds > 0 ? `in ${amount}` : `${amount} ago`
}
