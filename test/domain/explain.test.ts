import { describe, expect, test } from 'vitest'
import { DEFAULT_SETTINGS } from '../../src/domain/account.ts'
import { decideAll, type RateRuns } from '../../src/domain/engagement.ts'
import { explain } from '../../src/domain/explain.ts'
import { chanceOf } from '../../src/domain/message.ts'
import { type PlanFacts, planDay } from '../../src/domain/plan-day.ts'
import { partners } from '../support/plans.ts'

const FACTS: PlanFacts = {
  settings: DEFAULT_SETTINGS,
  warmupDay: 4,
  lastPlannedOn: null,
  sentToday: 0,
  openingsToday: 0,
  lastSentAt: null,
  waiting: { openings: 0, replies: 0 },
  partners: partners(6, 3).map((partner) =>
    partner.accountId === 1
      ? { ...partner, met: 2, lastMetAt: new Date('2026-03-01T10:00:00Z') }
      : { ...partner, capacity: 1 },
  ),
  coolDownDays: 3,
  seed: 'kindling 7 2026-03-02',
}
const NOW = new Date('2026-03-02T08:00:00Z')

describe('why a mail was planned so', () => {
  const { messages } = planDay(FACTS, NOW)
  const reasons = messages.map(({ reason }) => explain({ turn: 1, planFacts: reason, decisions: null }).plan)

  test('is said of its number, its recipient and its minute', () => {
    expect(reasons[0]).toEqual([
      'How many: day 4 of the ramp allowed 11 conversations; this is number 1 of the 8 that were planned.',
      'To whom: this pair had not met lately; of 6 with room 5 were free of the cool-down, and whoever was met least comes first.',
      expect.stringMatching(/^When: /),
      'Chance was drawn from “kindling 7 2026-03-02”.',
    ])
    expect(reasons[5]?.[1]).toBe(
      'To whom: this pair had met 2 times lately, last on 2026-03-01, and none of the 1 with room was free of the cool-down.',
    )
  })

  test('can be checked: the facts and the seed that are kept make the same plan again', () => {
    const [first] = messages
    const again = planDay({ ...FACTS, seed: String(first?.reason.seed) }, NOW)
    expect(again.messages).toEqual(messages)
  })

  test('is said of an answer, and of a mail of which nothing was kept', () => {
    expect(explain({ turn: 2, planFacts: null, decisions: null }).plan[0]).toContain(
      'answers the mail before it',
    )
    expect(explain({ turn: 1, planFacts: null, decisions: null })).toEqual({ plan: [], decisions: [] })
  })
})

describe('why a recipient did what it did', () => {
  const message = { textSeed: 1_234_567, turn: 1 }
  const rates = { rescue: 1, primary: 0.5, open: 0.8, important: 0.3, star: 0, reply: 0.55 }
  const runs: RateRuns = { rescue: { asked: 3, granted: 3 }, open: { asked: 12, granted: 9 } }
  const draw = (mayReply: boolean) =>
    decideAll(rates, runs, { placement: 'spam', mayReply }, chanceOf(message, 'decisions'))

  test('is said with the rate, the run before it, and what chance drew or left no room for', () => {
    const { decisions } = explain({ turn: 1, planFacts: null, decisions: draw(true) })
    expect(decisions[0]).toBe(
      'Out of spam: yes at a rate of 100 %, 3 of 3 before it; the rate leaves no choice.',
    )
    expect(decisions[1]).toBe(
      'Open: yes at a rate of 80 %, 9 of 12 before it; any other answer would have left the rate by more than one.',
    )
    expect(decisions[2]).toMatch(
      /^Mark as important: (yes|no) at a rate of 30 %, the first one asked; chance drew 0\.\d\d\.$/,
    )
    expect(decisions[3]).toBe('Star: no at a rate of 0 %, the first one asked; the rate leaves no choice.')
  })

  test('is said where a conversation ends', () => {
    const { decisions } = explain({ turn: 1, planFacts: null, decisions: draw(false) })
    expect(decisions.at(-1)).toBe('Answer: no, as the conversation ends here; the rate counts it as asked.')
  })

  test('can be checked: drawn again from the mail, with the runs that are kept, the answers are the same', () => {
    const kept = draw(true)
    const before = Object.fromEntries(
      Object.entries(kept).map(([name, { asked, granted }]) => [name, { asked, granted }]),
    )
    const again = decideAll(
      rates,
      before,
      { placement: 'spam', mayReply: true },
      chanceOf(message, 'decisions'),
    )
    expect(again).toEqual(kept)
  })
})
