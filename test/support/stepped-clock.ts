import type { Clock } from '../../src/domain/clock.ts'

/** A clock that stands still until it is moved. */
export type SteppedClock = Clock & { moveTo(time: Date): void; pass(milliseconds: number): void }

export function steppedClock(start: string): SteppedClock {
  let time = new Date(start).getTime()
  return {
    now: () => new Date(time),
    moveTo(next) {
      if (next.getTime() < time) throw new Error('time does not go back')
      time = next.getTime()
    },
    pass(milliseconds) {
      time += milliseconds
    },
  }
}
