import { GoogleError } from '../http/google-error.ts'

// https://developers.google.com/workspace/gmail/api/reference/quota
const UNITS_PER_MINUTE = 6_000
const MINUTE = 60_000

/** Counts the quota units of each user in each minute of simulated time. */
export class Quota {
  readonly #spent = new Map<string, { minute: number; units: number }>()

  spend(mailbox: string, units: number, now: Date): void {
    const minute = Math.floor(now.getTime() / MINUTE)
    const before = this.#spent.get(mailbox)
    const spent = (before?.minute === minute ? before.units : 0) + units
    if (spent > UNITS_PER_MINUTE) throw exceeded(Math.ceil(((minute + 1) * MINUTE - now.getTime()) / 1000))
    this.#spent.set(mailbox, { minute, units: spent })
  }
}

const exceeded = (seconds: number) =>
  new GoogleError(
    429,
    'rateLimitExceeded',
    "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user' of service 'gmail.googleapis.com'.",
    { headers: { 'retry-after': String(seconds) } },
  )
