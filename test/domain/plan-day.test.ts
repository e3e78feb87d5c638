import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isWithinWorkWindow, localDateOf } from '../../src/domain/local-time.ts'
import { type PlanFacts, planDay } from '../../src/domain/plan-day.ts'
import { seededRandom } from '../../src/domain/random.ts'

const zones = Intl.supportedValuesOf('timeZone')
const MONDAY_MORNING = new Date('2026-03-02T08:30:00Z')

const facts = (changes: Partial<PlanFacts> = {}): PlanFacts => ({
  ramp: { startVolume: 5, dailyIncrease: 2, dailyLimit: 50 },
  timeZone: 'Europe/London',
  warmupDay: 0,
  lastPlannedOn: null,
  sentToday: 0,
  waiting: { openings: 0, replies: 0 },
  partners: partners(10, 20),
  ...changes,
})
const partners = (count: number, capacity: number) =>
  Array.from({ length: count }, (_, i) => ({ accountId: i + 1, capacity, recentConversations: 0 }))
const plan = (changes: Partial<PlanFacts> = {}, now = MONDAY_MORNING, seed = 1) =>
  planDay(facts(changes), now, seededRandom(seed))

describe('a day’s plan', () => {
  test.each([
    { warmupDay: 0, mails: 5 },
    { warmupDay: 1, mails: 7 },
    { warmupDay: 10, mails: 25 },
    { warmupDay: 60, mails: 50 },
  ])('holds $mails mails after $warmupDay days of warmup', ({ warmupDay, mails }) => {
    expect(plan({ warmupDay }).messages).toHaveLength(mails)
  })

  test('counts the day as one more day of warmup', () => {
    expect(plan({ warmupDay: 3 })).toMatchObject({ day: '2026-03-02', warmupDay: 4 })
  })

  test('leaves room under the limit for what was sent today and for replies that are owed', () => {
    expect(plan({ warmupDay: 60, sentToday: 3, waiting: { openings: 0, replies: 7 } }).messages).toHaveLength(
      40,
    )
  })

  test('makes up for no day that was interrupted: what was planned before counts against today’s ramp', () => {
    expect(plan({ warmupDay: 1, waiting: { openings: 4, replies: 0 } }).messages).toHaveLength(3)
  })

  test('is made once a day', () => {
    expect(plan({ lastPlannedOn: '2026-03-02' })).toMatchObject({ day: null, messages: [] })
  })

  test('is not made on a weekend, but for Monday', () => {
    const saturday = plan({}, new Date('2026-03-07T10:00:00Z'))
    expect(saturday).toMatchObject({ day: null, messages: [] })
    expect(localDateOf(saturday.nextPlanAt, 'Europe/London')).toBe('2026-03-09')
  })

  test('says how many mails the pool was too small for', () => {
    expect(plan({ partners: partners(2, 1) })).toMatchObject({ shortOf: 3, messages: [{}, {}] })
  })

  test.each([[[]], [partners(3, 0)]])(
    'waits ten minutes, and spends no day of warmup, while nobody can be written to',
    (some) => {
      expect(plan({ partners: some })).toEqual({
        day: null,
        warmupDay: 0,
        messages: [],
        shortOf: 0,
        nextPlanAt: new Date('2026-03-02T08:40:00Z'),
      })
    },
  )

  test('is smaller in proportion where the day began late', () => {
    expect(plan({ warmupDay: 60 }, new Date('2026-03-02T13:25:00Z')).messages).toHaveLength(25)
  })

  test('writes to nobody twice while others were not written to', () => {
    const recipients = plan({ partners: partners(5, 9) }).messages.map(({ recipientId }) => recipientId)
    expect(new Set(recipients).size).toBe(5)
  })

  test('holds its limits and hours for any settings, zone, time and seed, and never throws', () => {
    const anyFacts = fc.record({
      ramp: fc.record({
        startVolume: fc.integer({ min: 1, max: 500 }),
        dailyIncrease: fc.integer({ min: 0, max: 100 }),
        dailyLimit: fc.integer({ min: 1, max: 2000 }),
      }),
      timeZone: fc.constantFrom(...zones),
      warmupDay: fc.integer({ min: 0, max: 400 }),
      lastPlannedOn: fc.constant(null),
      sentToday: fc.integer({ min: 0, max: 2100 }),
      waiting: fc.record({ openings: fc.nat(50), replies: fc.nat(50) }),
      partners: fc
        .array(fc.record({ capacity: fc.integer({ min: 0, max: 5 }), recentConversations: fc.nat(5) }), {
          maxLength: 30,
        })
        .map((some) => some.map((partner, i) => ({ ...partner, accountId: i + 1 }))),
    })
    const times = fc.date({ min: new Date('2026-01-01'), max: new Date('2027-12-31'), noInvalidDate: true })
    fc.assert(
      fc.property(anyFacts, times, fc.integer(), (some, now, seed) => {
        const { messages, nextPlanAt } = planDay(some, now, seededRandom(seed))
        expect(messages.length + some.sentToday).toBeLessThanOrEqual(
          Math.max(some.ramp.dailyLimit, some.sentToday),
        )
        expect(nextPlanAt > now).toBe(true)
        for (const { dueAt } of messages) {
          expect(dueAt >= now && isWithinWorkWindow(dueAt, some.timeZone)).toBe(true)
        }
        for (const { accountId, capacity } of some.partners)
          expect(messages.filter(({ recipientId }) => recipientId === accountId).length).toBeLessThanOrEqual(
            capacity,
          )
      }),
      { numRuns: 300 },
    )
  })
})
