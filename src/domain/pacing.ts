import {
  currentOrNextWorkWindow,
  isWithinWorkWindow,
  nextDaysWorkWindow,
  type TimeWindow,
  WORKDAY_END_HOUR,
  WORKDAY_START_HOUR,
} from './local-time.ts'
import { WINDOW_MARGIN_MINUTES } from './plan-day.ts'
import { type Random, randomInteger } from './random.ts'

const MINUTE = 60_000
const WORKDAY_SECONDS = (WORKDAY_END_HOUR - WORKDAY_START_HOUR) * 3600

export type SendFacts = {
  timeZone: string
  dailyLimit: number
  /** Mails sent today in the account's own zone, replies included. */
  sentToday: number
  lastSentAt: Date | null
}

export type Permission =
  | { allowed: true }
  | { allowed: false; until: Date; reason: 'hours' | 'limit' | 'pause' }

/** Whether an account may send right now, or else when to ask again and why. */
export function maySend(facts: SendFacts, now: Date, random: Random): Permission {
  if (!isWithinWorkWindow(now, facts.timeZone))
    return { allowed: false, until: soonInWindow(now, facts.timeZone, random), reason: 'hours' }
  if (facts.sentToday >= facts.dailyLimit)
    return { allowed: false, until: early(nextDaysWorkWindow(now, facts.timeZone), random), reason: 'limit' }
  const next =
    facts.lastSentAt === null ? 0 : facts.lastSentAt.getTime() + pauseSeconds(facts.dailyLimit) * 1000
  if (now.getTime() < next) return { allowed: false, until: new Date(next), reason: 'pause' }
  return { allowed: true }
}

/** The least time between two mails of an account: three minutes, less where the limit leaves no room for it. */
export function pauseSeconds(dailyLimit: number): number {
  return Math.min(180, Math.floor(WORKDAY_SECONDS / dailyLimit / 2))
}

/** The first time at or after now that lies in the account's work window; never a whole crowd at its first second. */
export function soonInWindow(now: Date, timeZone: string, random: Random): Date {
  return isWithinWorkWindow(now, timeZone) ? now : early(currentOrNextWorkWindow(now, timeZone), random)
}

/** When the recipient gets to a mail: minutes to hours after `now`, most often soon, inside its own day. */
export function readingTime(now: Date, timeZone: string, random: Random): Date {
  return settle(now, skewed(3, 180, random), timeZone, random)
}

/** When a reply leaves: 5 minutes to 4 hours after the mail was opened, most often soon, inside the writer's day. */
export function writingTime(now: Date, timeZone: string, random: Random): Date {
  return settle(now, skewed(5, 240, random), timeZone, random)
}

/** Pauses between looks for a mail that has not arrived: 5 minutes, doubling up to 6 hours. */
export function nextLook(now: Date, looks: number): Date {
  return new Date(now.getTime() + Math.min(5 * 2 ** looks, 360) * MINUTE)
}

/** A mail counts as missing a day after it was sent, once it has been looked for often enough. */
export function isMissing(sentAt: Date, looks: number, now: Date): boolean {
  return looks >= 6 && now.getTime() - sentAt.getTime() >= 24 * 60 * MINUTE
}

function settle(now: Date, delayMinutes: number, timeZone: string, random: Random): Date {
  const target = new Date(now.getTime() + delayMinutes * MINUTE)
  const window = currentOrNextWorkWindow(target, timeZone)
  const lastStart = window.end.getTime() - WINDOW_MARGIN_MINUTES * MINUTE
  if (target >= window.start && target.getTime() < lastStart) return target
  return early(target >= window.start ? nextDaysWorkWindow(target, timeZone) : window, random)
}

function early(window: TimeWindow, random: Random): Date {
  return new Date(window.start.getTime() + randomInteger(random, 0, 90 * 60) * 1000)
}

/** Minutes between `low` and `high`, small ones far more likely: the square of a uniform number. */
function skewed(low: number, high: number, random: Random): number {
  return low + (high - low) * random() ** 2
}
