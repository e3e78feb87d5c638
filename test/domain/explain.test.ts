import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DEFAULT_SETTINGS, sendingSchedule } from '../../src/domain/account.ts'
import { type Decisions, decideAll, type RateRuns } from '../../src/domain/engagement.ts'
import { explain, type Reasons, replay } from '../../src/domain/explain.ts'
import { chanceOf } from '../../src/domain/message.ts'
import { writingTime } from '../../src/domain/pacing.ts'
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
const MAIL: Reasons = {
  turn: 1,
  textSeed: 1_234_567,
  plannedFor: NOW,
  planFacts: null,
  placement: null,
  decisions: null,
  handledAt: null,
}
const explained = (mail: Partial<Reasons>, answered: Partial<Reasons> | null = null) =>
  explain({ ...MAIL, ...mail }, answered && { ...MAIL, ...answered }, (instant) => instant.toISOString())

describe('why a mail was planned so', () => {
  const { messages } = planDay(FACTS, NOW)
  const reasons = messages.map(
    ({ reason, dueAt }) => explained({ planFacts: reason, plannedFor: dueAt }).plan,
  )

  test('is said of its number, its recipient and its minute', () => {
    expect(reasons[0]).toEqual([
      'How many: day 4 of the ramp allowed 11 conversations; this is number 1 of the 8 that were planned.',
      'To whom: this pair had not met lately; of 6 with room 5 were free of the cool-down, and whoever was met least comes first.',
      `When: what was left of the day’s hours, with more mail around ten and around half past two, was cut into 8 parts of equal weight; in part 1 chance chose the minute, the pause after the mail before it kept: ${messages[0]?.dueAt.toISOString()}.`,
      'Chance was drawn from “kindling 7 2026-03-02”.',
    ])
    expect(reasons[5]?.[1]).toBe(
      'To whom: this pair had met 2 times lately, last on 2026-03-01T10:00:00.000Z, and none of the 1 with room was free of the cool-down.',
    )
  })

  test('says how much of the day was left where it was planned late', () => {
    const [late] = planDay(FACTS, new Date('2026-03-02T15:00:00Z')).messages
    expect(explained({ planFacts: late?.reason ?? null }).plan[0]).toMatch(/, \d\d % of the day was left;/)
  })

  test('can be checked: the facts and the seed that are kept make the same plan again', () => {
    const [first] = messages
    const again = planDay({ ...FACTS, seed: String(first?.reason.seed) }, NOW)
    expect(again.messages).toEqual(messages)
  })

  test('is said to be unknown where nothing was kept', () => {
    expect(explained({}).plan).toEqual(['Nothing was recorded of why it was planned so.'])
  })
})

describe('why an answer was written when it was', () => {
  const answered = { turn: 1, handledAt: new Date('2026-03-02T10:00:00Z') }
  const answer = (sendHours: string[]) => {
    const schedule = sendingSchedule({ ...DEFAULT_SETTINGS, sendHours })
    const plannedFor = writingTime(answered.handledAt, schedule, chanceOf(MAIL, 'writing'))
    return { plannedFor, words: explained({ turn: 2, plannedFor }, answered).plan.join(' ') }
  }

  test('is said with the time that chance drew again from the mail it answers', () => {
    const { plannedFor, words } = answer(['09:00-18:00'])
    const minutes = Math.round((plannedFor.getTime() - answered.handledAt.getTime()) / 60_000)
    expect(words).toBe(
      `It answers turn 1, which was dealt with on 2026-03-02T10:00:00.000Z. An answer takes 5 minutes to 4 hours, most often little, and chance made it ${minutes} minutes. That made it ${plannedFor.toISOString()}.`,
    )
  })

  test('says that it was moved where that was outside of the hours', () => {
    expect(answer(['06:00-08:00']).words).toContain('minutes, which was outside of its writer’s hours')
  })

  test('is said to be unknown where nothing was kept', () => {
    expect(explained({ turn: 2 }, { handledAt: null }).plan).toEqual([
      'It answers the mail before it; of when that was read nothing was recorded.',
    ])
  })
})

describe('why a recipient did what it did', () => {
  const rates = { rescue: 1, primary: 0.5, open: 0.8, important: 0.3, star: 0, reply: 0.55 }
  const runs: RateRuns = { rescue: { asked: 3, granted: 3 }, open: { asked: 12, granted: 9 } }
  const draw = (mayReply: boolean) =>
    decideAll(rates, runs, { placement: 'spam', mayReply }, chanceOf(MAIL, 'decisions'))
  const words = (decisions: Decisions | null, placement: Reasons['placement'] = 'spam') =>
    explained({ placement, decisions }).decisions

  test('is said with the rate, the run before it, and what chance drew or left no room for', () => {
    const said = words(draw(true))
    expect(said[0]).toBe(
      'Out of spam: yes at a rate of 100 %, asked 3 before it, granted 3; the rate leaves no choice.',
    )
    expect(said[1]).toBe(
      'Open: yes at a rate of 80 %, asked 12 before it, granted 9; certain, as a no would have made it 9 of 13, a whole mail or more off the 10.4 that the rate makes.',
    )
    expect(said[2]).toMatch(
      /^Mark as important: (yes|no) at a rate of 30 %, the first one asked; chance drew 0\.\d{3}, and below 0\.300 is a yes\.$/,
    )
    expect(said[3]).toBe('Star: no at a rate of 0 %, the first one asked; the rate leaves no choice.')
    expect(said.at(-1)).toBe(
      'Drawn once more from the seed 1234567 and turn 1, all of it comes out the same.',
    )
  })

  test('is said where a conversation ends', () => {
    expect(words(draw(false)).at(-2)).toBe(
      'Answer: no, as the conversation ends here; the rate counts it as asked.',
    )
  })

  test('is said where there was nothing to decide, or nothing was kept', () => {
    expect(words({}, 'missing')).toEqual(['Nothing: it was never found.'])
    expect(words({}, 'trash')).toEqual(['Nothing: somebody had thrown it away.'])
    expect(words(null)).toEqual(['Nothing was recorded of it.'])
    expect(words(null, null)).toEqual([])
  })

  test('can be checked: an answer that was changed does not come out again', () => {
    const kept = draw(true)
    const { important } = kept
    if (!important) throw new Error('it was not asked')
    const forged = { ...kept, important: { ...important, answer: !important.answer } }
    expect(words(forged).at(-1)).toContain('it comes out otherwise')
  })

  test('can be checked for any rates and runs: drawn again from the mail, every answer is the same', () => {
    const anyRate = fc.integer({ min: 0, max: 100 }).map((rate) => rate / 100)
    const anyRates = fc.record({
      rescue: anyRate,
      primary: anyRate,
      open: anyRate,
      important: anyRate,
      star: anyRate,
      reply: anyRate,
    })
    const anyRun = fc
      .tuple(fc.nat(50), fc.nat(50))
      .map(([one, other]) => ({ asked: Math.max(one, other), granted: Math.min(one, other) }))
    const anyRuns = fc.record({
      rescue: anyRun,
      primary: anyRun,
      open: anyRun,
      important: anyRun,
      reply: anyRun,
    })
    const anyChance = fc.record({
      placement: fc.constantFrom('inbox' as const, 'spam' as const, 'promotions' as const),
      mayReply: fc.boolean(),
    })
    fc.assert(
      fc.property(anyRates, anyRuns, anyChance, fc.nat(), (some, before, opportunity, textSeed) => {
        const chance = () => chanceOf({ textSeed, turn: 1 }, 'decisions')
        const made = decideAll(some, before, opportunity, chance())
        // As it comes back from the database.
        const kept: Decisions = JSON.parse(JSON.stringify(made))
        expect(replay(kept, chance())).toEqual(made)
      }),
    )
  })
})
