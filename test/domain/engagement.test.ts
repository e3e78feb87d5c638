import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Decisions,
  decide,
  decideAll,
  RATE_NAMES,
  type RateRuns,
  runsAfter,
} from '../../src/domain/engagement.ts'
import { seededRandom } from '../../src/domain/random.ts'

const rates = fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100)
const seeds = fc.integer()

function decideMany(rate: number, count: number, seed: number): boolean[] {
  const random = seededRandom(seed)
  const run = { asked: 0, granted: 0 }
  return Array.from({ length: count }, () => {
    const granted = decide(rate, run, random).answer
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
    expect(decide(0.5, run, () => 0.999).answer).toBe(true)
  })
})

describe('what a recipient does with a mail', () => {
  const RATES = { rescue: 1, primary: 1, open: 1, important: 1, star: 1, reply: 1 }
  const asked = (placement: Parameters<typeof decideAll>[2]['placement'], rates = RATES, mayReply = true) =>
    Object.entries(decideAll(rates, {}, { placement, mayReply }, seededRandom(1)))
      .filter(([, { answer }]) => answer)
      .map(([name]) => name)

  test.each([
    ['inbox', ['open', 'important', 'star', 'reply']],
    ['updates', ['open', 'important', 'star', 'reply']],
    ['spam', ['rescue', 'open', 'important', 'star', 'reply']],
    ['promotions', ['primary', 'open', 'important', 'star', 'reply']],
    ['trash', []],
    ['missing', []],
    ['bounced', []],
  ] as const)('found in %s may be %j', (placement, deeds) => {
    expect(asked(placement)).toEqual(deeds)
  })

  test('that it does not open is nothing but rescued', () => {
    expect(asked('spam', { ...RATES, open: 0 })).toEqual(['rescue'])
  })

  test('that ends its conversation is not answered, but counts as a question', () => {
    const decisions = decideAll(RATES, {}, { placement: 'inbox', mayReply: false }, seededRandom(1))
    expect(decisions.reply).toEqual({
      rate: 1,
      asked: 0,
      granted: 0,
      drawn: null,
      answer: false,
      isOver: true,
    })
    expect(runsAfter({}, decisions).reply).toEqual({ asked: 1, granted: 0 })
  })

  test('keeps each of its rates within one, whatever it finds where', () => {
    const placements = fc.array(fc.constantFrom('inbox', 'spam', 'promotions', 'social', 'trash'), {
      maxLength: 300,
    })
    const anyRates = fc.record({
      rescue: rates,
      primary: rates,
      open: rates,
      important: rates,
      star: rates,
      reply: rates,
    })
    fc.assert(
      fc.property(anyRates, placements, seeds, (chosen, found, seed) => {
        const random = seededRandom(seed)
        let runs: RateRuns = {}
        const all: Decisions[] = found.map((placement) => {
          const decisions = decideAll(chosen, runs, { placement, mayReply: true }, random)
          runs = runsAfter(runs, decisions)
          return decisions
        })
        for (const name of RATE_NAMES) {
          const answers = all.flatMap((decisions) => decisions[name] ?? [])
          const yes = answers.filter(({ answer }) => answer).length
          expect(Math.abs(yes - chosen[name] * answers.length)).toBeLessThan(1)
        }
      }),
    )
  })

  test('can be drawn again from the seed and what was known', () => {
    const runs = { open: { asked: 3, granted: 2 }, reply: { asked: 2, granted: 1 } }
    const facts = { placement: 'inbox', mayReply: true } as const
    const chosen = { rescue: 0.5, primary: 0.5, open: 0.8, important: 0.3, star: 0.2, reply: 0.55 }
    const first = decideAll(chosen, runs, facts, seededRandom('decisions 7 1'))
    expect(decideAll(chosen, runs, facts, seededRandom('decisions 7 1'))).toEqual(first)
    expect(Object.values(first).some(({ drawn }) => drawn !== null)).toBe(true)
  })
})
