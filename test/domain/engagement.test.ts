import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { grants } from '../../src/domain/engagement.ts'
import { seededRandom } from '../../src/domain/random.ts'

const rates = fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100)
const seeds = fc.integer()

function decideMany(rate: number, count: number, seed: number): boolean[] {
  const random = seededRandom(seed)
  const run = { asked: 0, granted: 0 }
  return Array.from({ length: count }, () => {
    const granted = grants(rate, run, random)
    run.asked += 1
    run.granted += granted ? 1 : 0
    return granted
  })
}

describe('an open or reply rate', () => {
  test('is kept within one message after every single decision', () => {
    fc.assert(
      fc.property(rates, seeds, fc.integer({ min: 1, max: 400 }), (rate, seed, count) => {
        let granted = 0
        decideMany(rate, count, seed).forEach((answer, i) => {
          granted += answer ? 1 : 0
          expect(Math.abs(granted - rate * (i + 1))).toBeLessThan(1)
        })
      }),
    )
  })

  test('gives each mail the same chance: the configured one', () => {
    const runs = Array.from({ length: 4000 }, (_, seed) => decideMany(0.55, 7, seed))
    for (let i = 0; i < 7; i += 1) {
      const share = runs.filter((run) => run[i]).length / runs.length
      expect(share).toBeGreaterThan(0.52)
      expect(share).toBeLessThan(0.58)
    }
  })

  test('comes in an order that differs from run to run', () => {
    const orders = new Set(Array.from({ length: 50 }, (_, seed) => decideMany(0.5, 20, seed).join()))
    expect(orders.size).toBe(50)
  })

  test('is caught up with after mails that could not be answered', () => {
    const run = { asked: 10, granted: 3 }
    expect(grants(0.5, run, () => 0.999)).toBe(true)
  })
})
