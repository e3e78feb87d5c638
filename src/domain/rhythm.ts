import { localMinuteOf, type TimeWindow } from './local-time.ts'
import type { Random } from './random.ts'

const MINUTE = 60_000
const SLOT_MS = 15 * MINUTE

/** When people write most: around ten and around half past two. Minutes of the day, and how wide a peak is. */
const PEAKS = [
  { at: 10 * 60, width: 60 },
  { at: 14.5 * 60, width: 75 },
] as const
/** Away from the peaks, as a share of their height. */
const FLOOR = 0.35

/** How much of a day's mail belongs to a minute of it, relative to the others. */
function weightAt(minuteOfDay: number): number {
  const bells = PEAKS.map(({ at, width }) => Math.exp(-((minuteOfDay - at) ** 2) / (2 * width ** 2)))
  return FLOOR + (1 - FLOOR) * Math.max(...bells)
}

/** The weight of some windows of a day. */
export function weightOf(windows: readonly TimeWindow[], timeZone: string): number {
  return slotsOf(windows, timeZone).reduce((sum, { weight }) => sum + weight, 0)
}

/** How many times fit into the windows with at least `pauseMs` between each two. */
export function mostTimes(windows: readonly TimeWindow[], pauseMs: number): number {
  let count = 0
  let earliest = Number.NEGATIVE_INFINITY
  for (const { start, end } of windows) {
    const first = Math.max(start.getTime(), earliest)
    if (first >= end.getTime()) continue
    const more = pauseMs === 0 ? Number.POSITIVE_INFINITY : Math.ceil((end.getTime() - first) / pauseMs)
    count += more
    earliest = first + more * pauseMs
  }
  return count
}

/**
 * Random times in the rhythm of a day: one in each of `count` parts of equal weight, so that there are more where people
 * write more, yet never a burst; none closer than `pauseMs` to the one before. In order; at most as many as fit.
 * @param windows in order, none overlapping; a time lies in one of them, its end excluded
 */
export function timesInRhythm(
  windows: readonly TimeWindow[],
  wanted: number,
  { timeZone, pauseMs }: { timeZone: string; pauseMs: number },
  random: Random,
): Date[] {
  const count = Math.min(wanted, mostTimes(windows, pauseMs))
  if (count === 0) return []
  const slots = slotsOf(windows, timeZone)
  const total = slots.reduce((sum, { weight }) => sum + weight, 0)
  const drawn = Array.from({ length: count }, (_, i) => atWeight(slots, ((i + random()) / count) * total))
  const spaced = pushedApart(drawn, windows, pauseMs)
  const latest = latestTimes(windows, count, pauseMs)
  return spaced.map((time, i) => new Date(Math.min(time, latest[i] as number)))
}

type Slot = { start: number; length: number; weight: number }

function slotsOf(windows: readonly TimeWindow[], timeZone: string): Slot[] {
  return windows.flatMap(({ start, end }) => {
    const slots: Slot[] = []
    const firstMinute = localMinuteOf(start, timeZone)
    for (let at = start.getTime(); at < end.getTime(); at += SLOT_MS) {
      const length = Math.min(SLOT_MS, end.getTime() - at)
      const minute = firstMinute + (at - start.getTime() + length / 2) / MINUTE
      slots.push({ start: at, length, weight: weightAt(minute) * length })
    }
    return slots
  })
}

function atWeight(slots: readonly Slot[], target: number): number {
  let passed = 0
  for (const { start, length, weight } of slots) {
    if (passed + weight > target) return start + Math.floor(((target - passed) / weight) * length)
    passed += weight
  }
  const last = slots[slots.length - 1] as Slot
  return last.start + last.length - 1
}

/** Each time at least a pause after the one before, in a window where there is one left. */
function pushedApart(times: readonly number[], windows: readonly TimeWindow[], pauseMs: number): number[] {
  let earliest = Number.NEGATIVE_INFINITY
  return times.map((time) => {
    const moved = intoWindow(Math.max(time, earliest), windows)
    earliest = moved + pauseMs
    return moved
  })
}

function intoWindow(time: number, windows: readonly TimeWindow[]): number {
  const window = windows.find(({ end }) => time < end.getTime())
  return window ? Math.max(time, window.start.getTime()) : time
}

/** The latest times that `count` mails can have, the last ones first. */
function latestTimes(windows: readonly TimeWindow[], count: number, pauseMs: number): number[] {
  const times: number[] = []
  let latest = Number.POSITIVE_INFINITY
  for (const { start, end } of windows.toReversed()) {
    let time = Math.min(end.getTime() - 1, latest)
    while (time >= start.getTime() && times.length < count) {
      times.push(time)
      time -= pauseMs
    }
    latest = Math.min(latest, time)
    if (times.length === count) break
  }
  return times.reverse()
}
