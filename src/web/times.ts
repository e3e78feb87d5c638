export type TimeView = {
  /** For machines. */
  iso: string
  /** On the clock of a zone, to the minute. */
  absolute: string
  /** Seen from now. */
  relative: string
}

export function timeView(instant: Date, { now, zone }: { now: Date; zone: string }): TimeView {
  return {
    iso: instant.toISOString(),
    absolute: `${clockOf(zone).format(instant)} ${zone}`,
    relative: relativeTo(now, instant),
  }
}

/** Making a formatter costs more than a page of formatting. */
const clocks = new Map<string, Intl.DateTimeFormat>()

function clockOf(zone: string): Intl.DateTimeFormat {
  const known = clocks.get(zone)
  if (known) return known
  const clock = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  })
  clocks.set(zone, clock)
  return clock
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
