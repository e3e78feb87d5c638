import { describe, expect, test } from 'vitest'
import { pickPartners } from '../../src/domain/pairing.ts'
import { seededRandom } from '../../src/domain/random.ts'
import { partners } from '../support/plans.ts'

const TODAY = new Date('2026-03-10T00:00:00Z')
const coolsSince = new Date('2026-03-08T00:00:00Z')
const pick = (some: ReturnType<typeof partners>, count: number, seed = 1) =>
  pickPartners(some, count, { coolsSince }, seededRandom(seed)).map(({ accountId }) => accountId)

describe('partners', () => {
  test('that cool down wait until nobody else is free, and are then said to', () => {
    const some = partners(4, 1).map((partner) => ({
      ...partner,
      ...(partner.accountId <= 2 ? { lastMetAt: TODAY, met: 0 } : { lastMetAt: null, met: 9 }),
    }))
    const choices = pickPartners(some, 4, { coolsSince }, seededRandom(1))
    expect(choices.slice(0, 2).map(({ accountId }) => accountId)).toSatisfy((ids: number[]) =>
      ids.every((id) => id > 2),
    )
    expect(choices.map(({ isCoolingDown }) => isCoolingDown)).toEqual([false, false, true, true])
    expect(choices.map(({ free }) => free)).toEqual([2, 1, 0, 0])
  })

  test('that were met least come first', () => {
    const some = partners(6, 3).map((partner) => ({ ...partner, met: partner.accountId % 3 }))
    expect(new Set(pick(some, 2))).toEqual(new Set([3, 6]))
  })

  test('are of as many domains as there are', () => {
    const some = partners(9, 1).map((partner) => ({
      ...partner,
      domain: partner.accountId <= 7 ? 'big.example' : `small${partner.accountId}.example`,
    }))
    for (let seed = 0; seed < 20; seed += 1)
      expect(pick(some, 3, seed)).toEqual(expect.arrayContaining([8, 9]))
  })

  test('are written to alike: over twenty days of three senders nobody gets two mails more than another', () => {
    const received = new Map<number, number>()
    for (let sender = 0; sender < 3; sender += 1) {
      const met = new Map<number, { met: number; lastMetAt: Date }>()
      for (let day = 0; day < 20; day += 1) {
        const some = partners(7, 9).map((partner) => ({ ...partner, ...met.get(partner.accountId) }))
        const now = new Date(TODAY.getTime() + day * 86_400_000)
        const since = { coolsSince: new Date(now.getTime() - 2 * 86_400_000) }
        for (const { accountId } of pickPartners(some, 5, since, seededRandom(`${sender} ${day}`))) {
          met.set(accountId, { met: (met.get(accountId)?.met ?? 0) + 1, lastMetAt: now })
          received.set(accountId, (received.get(accountId) ?? 0) + 1)
        }
      }
    }
    const counts = [...received.values()]
    expect(counts).toHaveLength(7)
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(3)
  })
})
