/** The only source of "now". Warmup time may run faster than the wall's, or stand still in a test. */
export type Clock = { now(): Date }

export const wallClock: Clock = { now: () => new Date() }

/** A point where warmup time and the wall's time are known to have met. */
export type ClockAnchor = { wall: Date; warmup: Date }

/** Warmup time that passes `speed` times as fast as the wall's since the anchor. */
export function acceleratedClock(anchor: ClockAnchor, speed: number, wall: Clock = wallClock): Clock {
  return {
    now: () => new Date(anchor.warmup.getTime() + (wall.now().getTime() - anchor.wall.getTime()) * speed),
  }
}
