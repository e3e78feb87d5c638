import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GOOGLE_PROBLEMS } from '../../src/domain/errors.ts'
import { seededRandom } from '../../src/domain/random.ts'
import {
  COMES_AGAIN_HOURS,
  isNews,
  isOver,
  MOST_TRIES,
  retryTime,
  type Trouble,
} from '../../src/domain/task.ts'

const HOUR = 3600
const DAY = 24 * HOUR

/** How long a task is tried that always ends in the same error, in seconds. */
function lastsFor(trouble: Trouble, random: () => number): number {
  let at = new Date(0)
  for (let tries = 1; !isOver(trouble, tries); tries += 1) at = retryTime(tries, at, null, random)
  return at.getTime() / 1000
}

describe('a task that ends in an error', () => {
  test.each(Object.keys(MOST_TRIES) as Trouble[])(
    '%s is given up after a bounded number of tries',
    (trouble) => {
      expect(lastsFor(trouble, () => 1)).toBeLessThanOrEqual(10 * DAY)
    },
  )

  test('that may pass by itself outlasts an outage of three days, whatever chance makes of the pauses', () => {
    const own = ['refused', 'not_found', 'notice']
    for (const trouble of Object.keys(MOST_TRIES) as Trouble[])
      for (let seed = 0; seed < 200 && !own.includes(trouble); seed += 1)
        expect(lastsFor(trouble, seededRandom(seed)), `${trouble}, seed ${seed}`).toBeGreaterThan(3 * DAY)
  })

  test('of one kind is not given up for having waited out an error of another kind', () => {
    const bounds = GOOGLE_PROBLEMS.filter((problem) => !['refused', 'not_found'].includes(problem))
    expect(new Set([...bounds, 'other' as const].map((trouble) => MOST_TRIES[trouble])).size).toBe(1)
  })

  test('because Google refuses is given up at once, and where something is not there, after six tries', () => {
    expect([isOver('refused', 1), isOver('not_found', 5), isOver('not_found', 6)]).toEqual([
      true,
      false,
      true,
    ])
  })

  test('is given up with the 240th in a row, after five days on average; a notice with the 40th, after most of a day', () => {
    const last = (trouble: Trouble, tries: number) => [isOver(trouble, tries - 1), isOver(trouble, tries)]
    expect(last('passing', 240)).toEqual([false, true])
    expect(last('notice', 40)).toEqual([false, true])
    const days = (trouble: Trouble) =>
      Array.from({ length: 100 }, (_, seed) => lastsFor(trouble, seededRandom(seed)) / DAY)
    const average = (all: number[]) => all.reduce((sum, some) => sum + some) / all.length
    expect(average(days('passing'))).toBeCloseTo(5, 0)
    expect(average(days('notice'))).toBeGreaterThan(0.5)
    expect(Math.max(...days('notice'))).toBeLessThan(1)
  })
})

test('what recurs begins anew so many hours after it was given up, and nothing else does', () => {
  expect(COMES_AGAIN_HOURS).toEqual({ plan: 6, tidy: 6, check: 24, disconnect: 24, sync: 1, hand_on: 1 })
})

describe('that a recurring task was given up is told', () => {
  const reason = 'no answer'
  test.each([
    ['when the bound is met', { tries: MOST_TRIES.passing, reason, reasonBefore: reason }, true],
    ['not again with the next try', { tries: MOST_TRIES.passing + 1, reason, reasonBefore: reason }, false],
    ['again where it fails for another reason', { tries: 200, reason, reasonBefore: 'it is refused' }, true],
  ])('%s', (_, news, isTold) => {
    expect(isNews('passing', news)).toBe(isTold)
  })
})

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
