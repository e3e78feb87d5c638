import { describe, expect, test } from 'vitest'
import { GOOGLE_PROBLEMS } from '../../src/domain/errors.ts'
import { seededRandom } from '../../src/domain/random.ts'
import { backOffSeconds, isNews, isOver, MOST_TRIES, type Trouble } from '../../src/domain/task.ts'

const HOUR = 3600

/** How long a task is tried that always ends in the same error, in seconds, with the shortest or the longest pauses. */
function lastsFor(trouble: Trouble, random: () => number): number {
  let seconds = 0
  for (let tries = 1; !isOver(trouble, tries); tries += 1) seconds += backOffSeconds(tries, random)
  return seconds
}

describe('a task that ends in an error', () => {
  test.each(Object.keys(MOST_TRIES) as Trouble[])(
    '%s is given up after a bounded number of tries',
    (trouble) => {
      expect(lastsFor(trouble, () => 1)).toBeLessThanOrEqual(7 * 24 * HOUR)
    },
  )

  test('that may pass by itself outlasts an outage of three days, whatever chance makes of the pauses', () => {
    const own = ['refused', 'not_found', 'notice']
    for (const trouble of Object.keys(MOST_TRIES) as Trouble[])
      if (!own.includes(trouble))
        expect([trouble, lastsFor(trouble, () => 0) > 3 * 24 * HOUR]).toEqual([trouble, true])
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

  test('lasts for five days on average', () => {
    const random = seededRandom('five days')
    expect(lastsFor('passing', random) / 24 / HOUR).toBeCloseTo(5, 0)
  })
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
