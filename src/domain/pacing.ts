import { type LocalDate, localDateOf, localDay, type TimeWindow } from './local-time.ts'
import { WINDOW_MARGIN_MINUTES } from './plan-day.ts'
import { type Random, randomInteger } from './random.ts'
import { currentOrNextWindow, isOpen, nextDaysWindow, type Schedule } from './schedule.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

export type SendFacts = {
  schedule: Schedule
  dailyLimit: number
  minPauseMinutes: number
  /** Mails sent in the day that the limit holds for, replies included. */
  sentToday: number
  lastSentAt: Date | null
  /** The operator has stopped all sending. */
  isStopped: boolean
  /** It rests for its health until this local day. */
  restsUntil: LocalDate | null
  /** Its domain's records fail, and mail is to wait for them. */
  lacksAuthentication: boolean
}

export type WaitingReason = 'stopped' | 'rest' | 'authentication' | 'hours' | 'limit' | 'pause'
export type Permission = { allowed: true } | { allowed: false; until: Date; reason: WaitingReason }

/** Whether an account may send right now, or else when to ask again and why. */
export function maySend(facts: SendFacts, now: Date, random: Random): Permission {
  const { schedule, restsUntil } = facts
  const refuse = (reason: WaitingReason, until: Date): Permission => ({ allowed: false, until, reason })
  if (facts.isStopped) return refuse('stopped', new Date(now.getTime() + 10 * MINUTE))
  if (restsUntil !== null && localDateOf(now, schedule.timeZone) < restsUntil)
    return refuse('rest', early(nextDaysWindow(now, schedule), now, random))
  if (facts.lacksAuthentication) return refuse('authentication', new Date(now.getTime() + 60 * MINUTE))
  if (!isOpen(now, schedule)) return refuse('hours', soonInSchedule(now, schedule, random))
  if (facts.sentToday >= facts.dailyLimit)
    return refuse('limit', early(nextDaysWindow(now, schedule), now, random))
  const next = facts.lastSentAt === null ? 0 : facts.lastSentAt.getTime() + facts.minPauseMinutes * MINUTE
  if (now.getTime() < next) return refuse('pause', new Date(next))
  return { allowed: true }
}

/** The zone that an account lives in, and the one that it has left. */
export type Zones = { timeZone: string; zoneBefore: string | null; zoneChangedAt: Date | null }

/**
 * From when on the mail of an account's present day counts. An account that has changed its time zone is still in the day
 * that it was in before, until that is over: neither day may see more than the limit.
 */
export function countingFrom(now: Date, { timeZone, zoneBefore, zoneChangedAt }: Zones): Date {
  const { start } = localDay(localDateOf(now, timeZone), timeZone)
  if (zoneBefore === null || zoneChangedAt === null) return start
  const left = localDay(localDateOf(zoneChangedAt, zoneBefore), zoneBefore)
  return now < left.end && left.start < start ? left.start : start
}

/** What is kept of an account's zones where it leaves its present one: of two that it left, the one whose day still counts. */
export function zoneLeft(now: Date, zones: Zones): Omit<Zones, 'timeZone'> {
  const { timeZone, zoneBefore, zoneChangedAt } = zones
  const { start } = localDay(localDateOf(now, timeZone), timeZone)
  return countingFrom(now, zones) < start
    ? { zoneBefore, zoneChangedAt }
    : { zoneBefore: timeZone, zoneChangedAt: now }
}

/** The first time at or after now at which the schedule is open; never a whole crowd at its first second. */
export function soonInSchedule(now: Date, schedule: Schedule, random: Random): Date {
  return isOpen(now, schedule) ? now : early(currentOrNextWindow(now, schedule), now, random)
}

/** When the recipient gets to a mail: minutes to hours after `now`, most often soon, in its waking hours. */
export function readingTime(now: Date, waking: Schedule, random: Random): Date {
  return settle(now, skewed(3, 180, random), waking, random)
}

/**
 * How long a reader stays with a mail before it does something more with it: 45 seconds to an hour, most often a few
 * minutes (log-normal around two minutes, cut off at both ends).
 */
export function dwellSeconds(random: Random): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  return Math.round(Math.min(3600, Math.max(45, Math.exp(Math.log(120) + normal))))
}

/** When a reply leaves: 5 minutes to 4 hours after the mail was opened, most often soon, in the writer's hours. */
export function writingTime(now: Date, sending: Schedule, random: Random): Date {
  return settle(now, writingMinutes(random), sending, random)
}

/** How long an answer takes: the first that chance draws for it. */
export function writingMinutes(random: Random): number {
  return skewed(5, 240, random)
}

/** Nobody answers a mail that is older than a week. */
export function isTooOldToAnswer(sentAt: Date, now: Date): boolean {
  return now.getTime() - sentAt.getTime() > 7 * DAY
}

/** Pauses between looks for a mail that has not arrived: 5 minutes, doubling up to 6 hours. */
export function nextLook(now: Date, looks: number): Date {
  return new Date(now.getTime() + Math.min(5 * 2 ** looks, 360) * MINUTE)
}

/**
 * A mail counts as missing a day after it was sent, once it has been looked for often enough; a week after, where its
 * sender's mailbox could not be asked whether it came back.
 */
export function isMissing(
  sentAt: Date,
  now: Date,
  { looks, wasSenderAsked }: { looks: number; wasSenderAsked: boolean },
): boolean {
  return looks >= 6 && now.getTime() - sentAt.getTime() >= (wasSenderAsked ? DAY : 7 * DAY)
}

function settle(now: Date, delayMinutes: number, schedule: Schedule, random: Random): Date {
  const target = new Date(now.getTime() + delayMinutes * MINUTE)
  const window = currentOrNextWindow(target, schedule)
  if (!window) return early(null, target, random)
  const lastStart = new Date(window.end.getTime() - WINDOW_MARGIN_MINUTES * MINUTE)
  if (target >= window.start && target < lastStart) return target
  return early(target >= window.start ? currentOrNextWindow(window.end, schedule) : window, target, random)
}

/** A random time in the first part of a window; where there is none, a day from now things may look different. */
function early(window: TimeWindow | null, now: Date, random: Random): Date {
  if (!window) return new Date(now.getTime() + DAY)
  // To the millisecond, so that two tasks are hardly ever due at once.
  const span = Math.min(90 * MINUTE, Math.floor((window.end.getTime() - window.start.getTime()) / 2))
  return new Date(window.start.getTime() + randomInteger(random, 0, span))
}

/** Minutes between `low` and `high`, small ones far more likely: the square of a uniform number. */
function skewed(low: number, high: number, random: Random): number {
  return low + (high - low) * random() ** 2
}
