/** The gradual rise of the daily volume, in mails a day. */
export type RampSettings = { startVolume: number; dailyIncrease: number; dailyLimit: number }

/** How many mails the account may send on its `warmupDay`-th day of warmup (the first is 1). */
export function volumeOnDay(ramp: RampSettings, warmupDay: number): number {
  return Math.min(ramp.dailyLimit, ramp.startVolume + ramp.dailyIncrease * (warmupDay - 1))
}
