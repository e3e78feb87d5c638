import type { Random } from './random.ts'

export const RAMPS = ['gentle', 'standard', 'phased', 'own'] as const
/** How the volume rises: by a number of mails each day, or, phased, by shares of the daily limit. */
export type Ramp = (typeof RAMPS)[number]

/** The gradual rise of the daily volume, in mails a day. */
export type RampSettings = {
  ramp: Ramp
  /** Of the ramp `own`; the others bring their own. */
  startVolume: number
  dailyIncrease: number
  dailyLimit: number
  /** A day's volume is drawn from so much less to so much more than planned: 0.1 is 10 %. */
  dailyVariation: number
  /** Mails a day once the ramp is done. */
  maintenanceVolume: number
}

export const RAMP_STEPS: Record<'gentle' | 'standard', { startVolume: number; dailyIncrease: number }> = {
  gentle: { startVolume: 2, dailyIncrease: 1 },
  standard: { startVolume: 5, dailyIncrease: 2 },
}

/** The phased ramp: from which day of warmup which share of the daily limit. */
const PHASES = [
  { from: 1, share: 0.1 },
  { from: 8, share: 0.25 },
  { from: 15, share: 0.5 },
  { from: 22, share: 0.75 },
  { from: 29, share: 1 },
] as const

/** The full volume is held for so many days before the ramp is done. */
const FULL_DAYS = 7

/** The day of warmup on which the ramp reaches the daily limit; null where it never does. */
export function fullDay(settings: RampSettings): number | null {
  if (settings.ramp === 'phased') return PHASES[PHASES.length - 1]?.from ?? 1
  const { startVolume, dailyIncrease } = stepsOf(settings)
  if (startVolume >= settings.dailyLimit) return 1
  if (dailyIncrease === 0) return null
  return Math.ceil((settings.dailyLimit - startVolume) / dailyIncrease) + 1
}

/** The last day of the ramp: the full volume has been held for a week. */
export function lastDayOfRamp(settings: RampSettings): number | null {
  const full = fullDay(settings)
  return full === null ? null : full + FULL_DAYS - 1
}

/** The planned volume of the `warmupDay`-th day (the first is 1), before chance varies it. */
export function volumeOnDay(settings: RampSettings, warmupDay: number): number {
  const last = lastDayOfRamp(settings)
  if (last !== null && warmupDay > last) return Math.min(settings.maintenanceVolume, settings.dailyLimit)
  if (settings.ramp === 'phased') {
    const phase = PHASES.findLast(({ from }) => from <= warmupDay) ?? PHASES[0]
    return Math.max(1, Math.floor(settings.dailyLimit * phase.share))
  }
  const { startVolume, dailyIncrease } = stepsOf(settings)
  return Math.min(settings.dailyLimit, startVolume + dailyIncrease * (warmupDay - 1))
}

/**
 * The day of a changed ramp that goes on with the volume of before: never more than that in one step, be the new ramp as
 * steep as it may. Who was done with the old one is done with the new one too, unless its limit is higher.
 */
export function dayAfterChange(before: RampSettings, after: RampSettings, warmupDay: number): number {
  if (warmupDay === 0) return 0
  const lastBefore = lastDayOfRamp(before)
  const lastAfter = lastDayOfRamp(after)
  const wasDone = lastBefore !== null && warmupDay > lastBefore
  if (wasDone && lastAfter !== null && after.dailyLimit <= before.dailyLimit) return lastAfter + 1
  const volume = volumeOnDay(before, warmupDay)
  const full = fullDay(after) ?? 1
  for (let day = full; day > 1; day -= 1) if (volumeOnDay(after, day) <= volume) return day
  return 1
}

/** The day's volume as chance varies it: at least one mail where any are planned, never above the limit. */
export function variedVolume(settings: RampSettings, warmupDay: number, random: Random): number {
  return varied(settings, warmupDay, 2 * random() - 1)
}

/** Between which ends chance varies a day's volume. */
export function volumeRange(settings: RampSettings, warmupDay: number): { low: number; high: number } {
  return { low: varied(settings, warmupDay, -1), high: varied(settings, warmupDay, 1) }
}

/** @param by from -1, the least, to 1, the most */
function varied(settings: RampSettings, warmupDay: number, by: number): number {
  const planned = volumeOnDay(settings, warmupDay)
  if (planned === 0) return 0
  const volume = Math.round(planned * (1 + settings.dailyVariation * by))
  return Math.min(settings.dailyLimit, Math.max(1, volume))
}

function stepsOf({ ramp, startVolume, dailyIncrease }: RampSettings) {
  return ramp === 'gentle' || ramp === 'standard' ? RAMP_STEPS[ramp] : { startVolume, dailyIncrease }
}
