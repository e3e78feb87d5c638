import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { admission, isOutage, nextProbe, type Outage } from '../../src/domain/google-outage.ts'

const NOW = new Date('2026-03-02T12:00:00Z')
const seconds = (count: number) => new Date(NOW.getTime() + count * 1000)
const anyChance = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })
const open = (nextProbeAt: Date | null): Outage => ({ openedAt: seconds(-100), closedAt: null, nextProbeAt })
const over = (closedAt: Date): Outage => ({ openedAt: seconds(-100), closedAt, nextProbeAt: null })

describe('Google fails as a whole', () => {
  test.each([
    [1, 0, false],
    [4, 0, false],
    [5, 0, true],
    [5, 5, true],
    [5, 6, false],
    [100, 500, false],
    [500, 100, true],
  ])('where %i accounts fail and %i are well: %s', (failing, fine, expected) => {
    expect(isOutage({ failing, fine })).toBe(expected)
  })
})

describe('a task', () => {
  test.each([
    ['goes on where Google never failed', null, 0.99, { kind: 'go' }],
    ['may try where the time has come', open(seconds(0)), 0.5, { kind: 'probe' }],
    ['may try where no time was named', open(null), 0.5, { kind: 'probe' }],
    ['waits until after the next try', open(seconds(20)), 0.5, { kind: 'wait', until: seconds(25) }],
    ['goes on at once by chance when Google is back', over(seconds(0)), 0.04, { kind: 'go' }],
    ['waits a while when Google is just back', over(seconds(0)), 0.5, { kind: 'wait', until: seconds(16) }],
    [
      'waits shorter the longer Google is back',
      over(seconds(-15)),
      0.9,
      { kind: 'wait', until: seconds(14.5) },
    ],
    ['goes on when Google was back for long', over(seconds(-30)), 0.99, { kind: 'go' }],
  ] as const)('%s', (_, outage, chance, expected) => {
    expect(admission(outage, NOW, () => chance)).toEqual(expected)
  })

  test('never waits in the past, nor for more than half a minute after the next try', () => {
    const anyOutage = fc.oneof(
      fc.integer({ min: -600, max: 20 }).map((at) => open(seconds(at))),
      fc.integer({ min: -600, max: 5 }).map((at) => over(seconds(at))),
    )
    fc.assert(
      fc.property(anyOutage, anyChance, (outage, chance) => {
        const answer = admission(outage, NOW, () => chance)
        if (answer.kind !== 'wait') return
        expect(answer.until.getTime()).toBeGreaterThan(NOW.getTime())
        const base = outage.nextProbeAt ?? NOW
        expect(answer.until.getTime() - base.getTime()).toBeLessThanOrEqual(31_000)
      }),
    )
  })

  test('goes on the sooner the longer Google is back', () => {
    const shareAfter = (passed: number) =>
      Array.from({ length: 100 }, (_, i) => admission(over(seconds(-passed)), NOW, () => i / 100)).filter(
        ({ kind }) => kind === 'go',
      ).length
    expect([0, 10, 20, 30].map(shareAfter)).toEqual([5, 34, 67, 100])
  })
})

test('Google is tried again within half a minute', () => {
  expect(nextProbe(NOW).getTime() - NOW.getTime()).toBeLessThanOrEqual(30_000)
})
