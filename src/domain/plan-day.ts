import {
  addDays,
  currentOrNextWorkWindow,
  isWorkingDay,
  type LocalDate,
  localDateOf,
  type TimeWindow,
  workWindow,
} from './local-time.ts'
import { type Partner, pickPartners } from './pairing.ts'
import { type RampSettings, volumeOnDay } from './ramp.ts'
import { type Random, randomInteger } from './random.ts'

/** The last minutes of a window are left free, so that a mail that starts a little late is still inside it. */
export const WINDOW_MARGIN_MINUTES = 10

/** How long a plan waits for the first partner. */
const RETRY_MINUTES = 10

export type PlanFacts = {
  ramp: RampSettings
  timeZone: string
  /** Days of warmup that have been planned so far. */
  warmupDay: number
  lastPlannedOn: LocalDate | null
  /** Mails it has sent today, replies included. */
  sentToday: number
  /** Mails it was given before and has not sent: openings of a day that was interrupted, and replies it owes. */
  waiting: { openings: number; replies: number }
  partners: readonly Partner[]
}

export type DayPlan = {
  /** The local day the plan is for, or null where there is nothing to plan today. */
  day: LocalDate | null
  warmupDay: number
  messages: { recipientId: number; dueAt: Date }[]
  /** Mails that the ramp allowed but no partner had room for. */
  shortOf: number
  /** When to plan again. */
  nextPlanAt: Date
}

/**
 * One account's conversations for today: as many as the ramp and the daily limit leave, to partners that vary, at
 * random times of what is left of the work window. A day that began late is planned in proportion.
 */
export function planDay(facts: PlanFacts, now: Date, random: Random): DayPlan {
  const today = localDateOf(now, facts.timeZone)
  const nextPlanAt = nextPlanTime(today, facts.timeZone, random)
  const nothing = { day: null, warmupDay: facts.warmupDay, messages: [], shortOf: 0, nextPlanAt }
  if (facts.lastPlannedOn !== null && facts.lastPlannedOn >= today) return nothing
  if (!isWorkingDay(today)) return nothing

  const window = workWindow(today, facts.timeZone)
  const left = remainder(window, now)
  if (left.share === 0) return nothing
  // A day on which there is nobody to write to is not spent: a pool account may be connected any minute.
  if (!facts.partners.some(({ capacity }) => capacity > 0))
    return { ...nothing, nextPlanAt: new Date(now.getTime() + RETRY_MINUTES * 60_000) }

  const warmupDay = facts.warmupDay + 1
  const { openings, replies } = facts.waiting
  const allowed = Math.ceil(volumeOnDay(facts.ramp, warmupDay) * left.share) - openings
  const free = facts.ramp.dailyLimit - facts.sentToday - openings - replies
  const wanted = Math.max(0, Math.min(allowed, free))
  const recipients = pickPartners(facts.partners, wanted, random)
  const times = spread(left, recipients.length, random)
  return {
    day: today,
    warmupDay,
    messages: recipients.map((recipientId, i) => ({ recipientId, dueAt: times[i] as Date })),
    shortOf: wanted - recipients.length,
    nextPlanAt,
  }
}

/** An account is planned in the hour before its next working day opens. */
export function nextPlanTime(today: LocalDate, timeZone: string, random: Random): Date {
  const tomorrow = workWindow(addDays(today, 1), timeZone).start
  const opens = currentOrNextWorkWindow(tomorrow, timeZone).start
  return new Date(opens.getTime() - randomInteger(random, 5 * 60, 60 * 60) * 1000)
}

function remainder(window: TimeWindow, now: Date): TimeWindow & { share: number } {
  const end = new Date(window.end.getTime() - WINDOW_MARGIN_MINUTES * 60_000)
  const start = now > window.start ? now : window.start
  const whole = end.getTime() - window.start.getTime()
  return { start, end, share: Math.max(0, end.getTime() - start.getTime()) / whole }
}

/** `count` random times, one in each of as many equal parts of the window: random, yet never a burst. */
function spread(window: TimeWindow, count: number, random: Random): Date[] {
  const part = (window.end.getTime() - window.start.getTime()) / count
  return Array.from({ length: count }, (_, i) => {
    const offset = Math.floor((i + random()) * part)
    return new Date(window.start.getTime() + offset)
  })
}
