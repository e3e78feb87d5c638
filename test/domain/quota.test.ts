import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { allowanceOf, readyAt, refill, wholeAfter } from '../../src/domain/quota.ts'

const MINUTE = 60_000
const allowance = fc
  .record({
    what: fc.constantFrom('project' as const, 'account' as const),
    perMinute: fc.integer({ min: 2000, max: 10_000_000 }),
  })
  .map(({ what, perMinute }) => allowanceOf(what, perMinute))
/** Tasks that want units after a while each. */
const wishes = fc.array(
  fc.record({ after: fc.integer({ min: 0, max: 20_000 }), units: fc.integer({ min: 1, max: 150 }) }),
  {
    maxLength: 60,
  },
)

describe('who asks when it may', () => {
  test('never uses more than a minute’s units within any minute', () => {
    fc.assert(
      fc.property(allowance, wishes, (of, asked) => {
        const spent: { at: number; units: number }[] = []
        let now = 0
        let wholeAt = 0
        for (const { after, units } of asked) {
          now = readyAt(wholeAt, units, of, now + after)
          wholeAt = wholeAfter(wholeAt, units, of, now)
          spent.push({ at: now, units })
        }
        for (const { at: end } of spent) {
          const within = spent.filter(({ at }) => at > end - MINUTE && at <= end)
          const most = of.perMinute * (1 + 1e-9)
          expect(within.reduce((sum, { units }) => sum + units, 0)).toBeLessThanOrEqual(most)
        }
      }),
    )
  })

  test('has the units that it waited for, and would not have had them much sooner', () => {
    fc.assert(
      fc.property(
        allowance,
        fc.integer({ min: 0, max: 10 * MINUTE }),
        fc.integer({ min: 1, max: 150 }),
        (of, wholeAt, units) => {
          const at = readyAt(wholeAt, units, of, 0)
          const leftAt = (time: number) => of.burst - Math.max(0, wholeAt - time) * refill(of)
          expect(leftAt(at)).toBeGreaterThanOrEqual(units - 1e-6)
          if (at > 10) expect(leftAt(at - 10)).toBeLessThan(units)
        },
      ),
    )
  })
})

test('an account that used nothing for a while may send 22 mails at once, and no more', () => {
  const account = allowanceOf('account', 6000)
  let wholeAt = 0
  let mails = 0
  while (readyAt(wholeAt, 135, account, 0) === 0) {
    wholeAt = wholeAfter(wholeAt, 135, account, 0)
    mails += 1
  }
  expect(mails).toBe(22)
  expect(readyAt(wholeAt, 135, account, 0)).toBeGreaterThan(0)
})
