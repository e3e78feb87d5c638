import { type AccountSettings, sendingSchedule } from './account.ts'
import { addDays, type LocalDate, localDateOf, startOfLocalDay, type TimeWindow } from './local-time.ts'
import { type Choice, type Partner, pickPartners } from './pairing.ts'
import { variedVolume } from './ramp.ts'
import { type Random, randomInteger, seededRandom } from './random.ts'
import { mostTimes, timesInRhythm, weightOf } from './rhythm.ts'
import { nextDaysWindow, windowsOn } from './schedule.ts'

/** The last minutes of a window are left free, so that a mail that starts a little late is still inside it. */
export const WINDOW_MARGIN_MINUTES = 10

/** How long a plan waits for the first partner. */
const RETRY_MINUTES = 10
const MINUTE = 60_000

export type PlanFacts = {
  settings: AccountSettings
  /** Its step on the ramp today; null where it rests. */
  warmupDay: number | null
  lastPlannedOn: LocalDate | null
  /** Mails it has sent today, replies included, how many of them began a conversation, and when the last one left. */
  sentToday: number
  openingsToday: number
  lastSentAt: Date | null
  /** Mails it was given before and has not sent: openings of a day that was interrupted, and replies it owes. */
  waiting: { openings: number; replies: number }
  partners: readonly Partner[]
  coolDownDays: number
  /** What chance is drawn from: the same facts and the same seed make the same plan. */
  seed: string
}

/** Why a mail was planned as it was: what the plan knew, as it is kept with the message. */
export type PlanReason = {
  seed: string
  warmupDay: number
  /** Conversations for the whole day, as the ramp and chance made them. */
  volume: number
  /** What was left of the day when it was planned, 0–1. */
  share: number
  /** It is the n-th of so many. */
  place: number
  of: number
} & Omit<Choice, 'accountId'>

export type DayPlan = {
  /** The local day the plan is for, or null where there is nothing to plan today. */
  day: LocalDate | null
  volume: number
  messages: { recipientId: number; dueAt: Date; reason: PlanReason }[]
  /** Mails that the ramp allowed but no partner had room for. */
  shortOf: number
  /** Mails that the ramp allowed but for which the hours left no time, with the pause between them. */
  noTimeFor: number
  /** When to plan again. */
  nextPlanAt: Date
}

/**
 * One account's conversations for today: as many as the ramp and the daily limit leave, to partners that vary, in the
 * rhythm of what is left of its hours. A day that began late is planned in proportion, and a day that is planned anew
 * keeps what it has sent.
 */
export function planDay(facts: PlanFacts, now: Date): DayPlan {
  const { settings, warmupDay, seed } = facts
  const random = seededRandom(`${seed} mails ${facts.openingsToday}`)
  const today = localDateOf(now, settings.timeZone)
  const nextPlanAt = nextPlanTime(now, settings, random)
  const nothing: DayPlan = { day: null, volume: 0, messages: [], shortOf: 0, noTimeFor: 0, nextPlanAt }
  if (warmupDay === null || (facts.lastPlannedOn !== null && facts.lastPlannedOn >= today)) return nothing

  const windows = windowsOn(today, sendingSchedule(settings)).map(withoutMargin)
  const pauseMs = settings.minPauseMinutes * MINUTE
  const left = windows.flatMap((window) => remainder(window, earliest(facts, now, pauseMs)))
  if (left.length === 0) return nothing
  const share = weightOf(left, settings.timeZone) / weightOf(windows, settings.timeZone)
  const volume = variedVolume(settings, warmupDay, seededRandom(`${seed} volume`))
  const { openings, replies } = facts.waiting
  const allowed = Math.min(Math.ceil(volume * share), volume - facts.openingsToday) - openings
  const free = settings.dailyLimit - facts.sentToday - openings - replies
  const wanted = Math.max(0, Math.min(allowed, free))
  const inTime = Math.min(wanted, mostTimes(left, pauseMs))
  // A day on which there is nobody to write to is not spent: a pool account may be connected any minute.
  if (!facts.partners.some(({ capacity }) => capacity > 0)) {
    const soon = new Date(now.getTime() + RETRY_MINUTES * MINUTE)
    return { ...nothing, shortOf: inTime, nextPlanAt: soon }
  }

  const coolsSince = coolingSince(today, facts)
  const choices = pickPartners(facts.partners, inTime, { coolsSince }, random)
  const times = timesInRhythm(left, choices.length, { timeZone: settings.timeZone, pauseMs }, random)
  return {
    day: today,
    volume,
    messages: choices.map(({ accountId, ...choice }, i) => ({
      recipientId: accountId,
      dueAt: times[i] as Date,
      reason: { seed, warmupDay, volume, share, place: i + 1, of: choices.length, ...choice },
    })),
    shortOf: inTime - choices.length,
    noTimeFor: wanted - inTime,
    nextPlanAt,
  }
}

/** An account is planned in the hour before its next sending day opens, on that day. */
export function nextPlanTime(now: Date, settings: AccountSettings, random: Random): Date {
  const schedule = sendingSchedule(settings)
  const before = randomInteger(random, 5 * 60, 60 * 60) * 1000
  const opens = nextDaysWindow(now, schedule)
  if (!opens) return new Date(now.getTime() + 24 * 60 * MINUTE)
  // Before midnight it would be planned for the day before.
  const midnight = startOfLocalDay(localDateOf(opens.start, settings.timeZone), settings.timeZone)
  return new Date(Math.max(midnight.getTime(), opens.start.getTime() - before))
}

/** A cool-down of one day ends at midnight where the sender lives. */
function coolingSince(today: LocalDate, { coolDownDays, settings }: PlanFacts): Date | null {
  return coolDownDays === 0 ? null : startOfLocalDay(addDays(today, 1 - coolDownDays), settings.timeZone)
}

function earliest({ lastSentAt }: PlanFacts, now: Date, pauseMs: number): Date {
  return lastSentAt === null ? now : new Date(Math.max(now.getTime(), lastSentAt.getTime() + pauseMs))
}

function withoutMargin({ start, end }: TimeWindow): TimeWindow {
  return { start, end: new Date(end.getTime() - WINDOW_MARGIN_MINUTES * MINUTE) }
}

function remainder({ start, end }: TimeWindow, now: Date): TimeWindow[] {
  const from = now > start ? now : start
  return from < end ? [{ start: from, end }] : []
}
