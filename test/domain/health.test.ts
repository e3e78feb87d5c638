import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DEFAULT_ENGINE } from '../../src/domain/engine.ts'
import { HEALTHS, judge, NO_EVIDENCE } from '../../src/domain/health.ts'

const grade = (bad: number, good: number) =>
  judge({ ...NO_EVIDENCE, inbox: good, spam: bad }, DEFAULT_ENGINE).health

describe('the health of an account', () => {
  test.each([
    [0, 0, 'healthy'],
    [0, 5, 'healthy'],
    [1, 9, 'healthy'],
    [1, 2, 'watch'],
    [2, 8, 'watch'],
    [20, 80, 'watch'],
    [5, 5, 'watch'],
    [40, 60, 'throttled'],
    [3, 0, 'paused'],
    [60, 40, 'paused'],
  ])('with %i of its mails in spam and %i in the inbox is %3$s', (bad, good, health) => {
    expect(grade(bad, good)).toBe(health)
  })

  test.each(['spam', 'missing', 'bounced', 'refused', 'bouncedTo'] as const)(
    'counts what is %s as bad',
    (kind) => {
      expect(judge({ ...NO_EVIDENCE, inbox: 1, [kind]: 9 }, DEFAULT_ENGINE)).toMatchObject({
        bad: 9,
        all: 10,
      })
    },
  )

  test('counts Promotions and the other tabs as arrived', () => {
    expect(judge({ ...NO_EVIDENCE, tabs: 4 }, DEFAULT_ENGINE)).toMatchObject({ bad: 0, all: 4, share: 0 })
  })

  test('with one more bad mail never gets better, with one more good one never worse', () => {
    fc.assert(
      fc.property(fc.nat(80), fc.nat(80), (bad, good) => {
        const at = (b: number, g: number) => HEALTHS.indexOf(grade(b, g))
        expect(at(bad + 1, good)).toBeGreaterThanOrEqual(at(bad, good))
        expect(at(bad, good + 1)).toBeLessThanOrEqual(at(bad, good))
      }),
    )
  })
})
