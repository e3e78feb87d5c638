import type { Clock } from '../domain/clock.ts'

/** A clock that stands still until it is moved, never backwards. */
export type StillClock = Clock & { moveTo(time: Date): void }

export function createStillClock(start: Date): StillClock {
  let time = start.getTime()
  return {
    now: () => new Date(time),
    moveTo(next) {
      time = Math.max(time, next.getTime())
    },
  }
}
