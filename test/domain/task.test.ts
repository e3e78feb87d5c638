import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { retryTime } from '../../src/domain/task.ts'

const now = new Date('2026-03-02T12:00:00Z')
const anyChance = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })
const secondsUntil = (time: Date, from = now) => (time.getTime() - from.getTime()) / 1000

describe('a task that failed comes again', () => {
  test.each([
    [1, 30],
    [2, 60],
    [5, 480],
    [8, 3600],
    [25, 3600],
  ])('after %i errors in a row within %i s, at any time of them', (errors, longest) => {
    expect(secondsUntil(retryTime(errors, now, null, () => 0))).toBe(0)
    expect(secondsUntil(retryTime(errors, now, null, () => 0.5))).toBe(longest / 2)
    expect(secondsUntil(retryTime(errors, now, null, () => 0.999_999))).toBeCloseTo(longest, 1)
  })

  test('never before the time that Google named, nor before now', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: -1000, max: 90_000 }),
        anyChance,
        (errors, ahead, chance) => {
          const named = new Date(now.getTime() + ahead * 1000)
          const at = retryTime(errors, now, named, () => chance)
          expect(secondsUntil(at, named)).toBeGreaterThanOrEqual(0)
          expect(secondsUntil(at)).toBeGreaterThanOrEqual(0)
        },
      ),
    )
  })

  test('not in the same second as a thousand others that Google sent away until the same time', () => {
    const named = new Date(now.getTime() + 60_000)
    const seconds = Array.from({ length: 1000 }, (_, i) =>
      Math.floor(
        secondsUntil(
          retryTime(1, now, named, () => i / 1000),
          named,
        ),
      ),
    )
    const inOne = Math.max(
      ...[...Map.groupBy(seconds, (second) => second).values()].map((some) => some.length),
    )
    expect(inOne).toBeLessThanOrEqual(34)
  })
})
