import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DEFAULT_SETTINGS, sendingSchedule } from '../../src/domain/account.ts'
import { addDays, localDateOf, startOfLocalDay } from '../../src/domain/local-time.ts'
import { type PlanFacts, planDay } from '../../src/domain/plan-day.ts'
import { isOpen } from '../../src/domain/schedule.ts'
import { anyFacts, anyTime, partners } from '../support/plans.ts'

const MONDAY_MORNING = new Date('2026-03-02T08:30:00Z')
const SETTINGS = { ...DEFAULT_SETTINGS, timeZone: 'Europe/London', dailyVariation: 0 }

const facts = (changes: Partial<PlanFacts> = {}): PlanFacts => ({
  settings: SETTINGS,
  warmupDay: 1,
  lastPlannedOn: null,
  sentToday: 0,
  openingsToday: 0,
  lastSentAt: null,
  waiting: { openings: 0, replies: 0 },
  partners: partners(10, 20),
  coolDownDays: 3,
  seed: 'test',
  ...changes,
})
const plan = (changes: Partial<PlanFacts> = {}, now = MONDAY_MORNING) => planDay(facts(changes), now)

describe('a day’s plan', () => {
  test.each([
    { warmupDay: 1, mails: 5 },
    { warmupDay: 2, mails: 7 },
    { warmupDay: 11, mails: 25 },
    { warmupDay: 25, mails: 50 },
    { warmupDay: 60, mails: 20 },
  ])('holds $mails mails on day $warmupDay of warmup', ({ warmupDay, mails }) => {
    expect(plan({ warmupDay })).toMatchObject({ day: '2026-03-02', messages: { length: mails } })
  })

  test('leaves room under the limit for what was sent today and for replies that are owed', () => {
    const waiting = { openings: 0, replies: 7 }
    expect(plan({ warmupDay: 25, sentToday: 3, waiting }).messages).toHaveLength(40)
  })

  test('makes up for no day that was interrupted: what was planned before counts against today’s ramp', () => {
    expect(plan({ warmupDay: 2, waiting: { openings: 4, replies: 0 } }).messages).toHaveLength(3)
  })

  test('is made once a day', () => {
    expect(plan({ lastPlannedOn: '2026-03-02' })).toMatchObject({ day: null, messages: [] })
  })

  test('that is made anew keeps what was sent: the rest of the day’s volume is planned', () => {
    const anew = { warmupDay: 11, sentToday: 20, openingsToday: 20 }
    expect(plan(anew, new Date('2026-03-02T10:00:00Z')).messages).toHaveLength(5)
  })

  test('begins a pause after the last mail', () => {
    const settings = { ...SETTINGS, minPauseMinutes: 240 }
    const lastSentAt = new Date('2026-03-02T09:30:00Z')
    const { messages, noTimeFor } = plan({ settings, lastSentAt, sentToday: 1, openingsToday: 1 })
    expect(messages).toHaveLength(2)
    expect(noTimeFor).toBe(1)
    expect(messages[0]?.dueAt.getTime()).toBeGreaterThanOrEqual(lastSentAt.getTime() + 240 * 60_000)
  })

  test('is empty while the account rests', () => {
    expect(plan({ warmupDay: null })).toMatchObject({ day: null, messages: [] })
  })

  test('is not made on a day without hours, but for the next one that has some', () => {
    const saturday = plan({}, new Date('2026-03-07T10:00:00Z'))
    expect(saturday).toMatchObject({ day: null, messages: [] })
    expect(localDateOf(saturday.nextPlanAt, 'Europe/London')).toBe('2026-03-09')

    const holiday = { settings: { ...SETTINGS, holidays: ['2026-03-02..2026-03-03'] } }
    expect(plan(holiday)).toMatchObject({ day: null, messages: [] })
    expect(localDateOf(plan(holiday).nextPlanAt, 'Europe/London')).toBe('2026-03-04')
  })

  test('is made on its own day, however early that opens', () => {
    const settings = { ...SETTINGS, sendHours: ['00:15-24:00'] }
    const late = plan({ settings, lastPlannedOn: '2026-03-02' }, new Date('2026-03-02T23:30:00Z'))
    expect(late.nextPlanAt).toEqual(new Date('2026-03-03T00:00:00Z'))
  })

  test('says how many mails the pool was too small for', () => {
    expect(plan({ partners: partners(2, 1) })).toMatchObject({ shortOf: 3, messages: [{}, {}] })
  })

  test.each([[[]], [partners(3, 0)]])(
    'waits ten minutes, and spends no day of warmup, while nobody can be written to',
    (some) => {
      expect(plan({ partners: some })).toMatchObject({
        day: null,
        messages: [],
        nextPlanAt: new Date('2026-03-02T08:40:00Z'),
      })
    },
  )

  test('is smaller where the day began late, by the share of the rhythm that is left', () => {
    const late = plan({ warmupDay: 25 }, new Date('2026-03-02T13:25:00Z')).messages
    expect(late.length).toBeGreaterThan(20)
    expect(late.length).toBeLessThan(30)
  })

  test('has more mails around ten and half past two than at noon', () => {
    const hours = Array.from({ length: 40 }, (_, i) => plan({ warmupDay: 25, seed: `day ${i}` }))
      .flatMap(({ messages }) => messages)
      .map(({ dueAt }) => dueAt.getUTCHours())
    const at = (hour: number) => hours.filter((one) => one === hour).length
    expect(at(10)).toBeGreaterThan(1.4 * at(12))
    expect(at(14)).toBeGreaterThan(1.4 * at(12))
    expect(at(17)).toBeGreaterThan(0)
  })

  test('says of each mail what it came from, and the same facts make the same plan', () => {
    const { messages } = plan({ warmupDay: 2 })
    expect(messages[0]?.reason).toEqual({
      seed: 'test',
      warmupDay: 2,
      volume: 7,
      share: 1,
      place: 1,
      of: 7,
      met: 0,
      lastMetAt: null,
      isCoolingDown: false,
      candidates: 10,
      free: 10,
    })
    expect(plan({ warmupDay: 2 }).messages).toEqual(messages)
    expect(plan({ warmupDay: 2, seed: 'another' }).messages).not.toEqual(messages)
  })
})

describe('for any settings, zone, calendar and history a plan', () => {
  const property = (check: (facts: PlanFacts, now: Date, plan: ReturnType<typeof planDay>) => void) =>
    fc.assert(
      fc.property(anyFacts, anyTime, (some, now) => {
        check(some, now, planDay(some, now))
      }),
      { numRuns: 500 },
    )

  test('never exceeds the limit, the day’s volume or a partner’s room', () => {
    property(({ settings, sentToday, openingsToday, waiting, partners }, _now, { messages, volume }) => {
      if (messages.length === 0) return
      const { dailyLimit } = settings
      expect(messages.length + sentToday + waiting.openings + waiting.replies).toBeLessThanOrEqual(dailyLimit)
      expect(messages.length + openingsToday + waiting.openings).toBeLessThanOrEqual(volume)
      for (const { accountId, capacity } of partners)
        expect(messages.filter(({ recipientId }) => recipientId === accountId).length).toBeLessThanOrEqual(
          capacity,
        )
    })
  })

  test('is never outside a window, today, and keeps the pause between two mails', () => {
    property(({ settings, lastSentAt }, now, { messages, nextPlanAt, day }) => {
      expect(nextPlanAt > now).toBe(true)
      const pause = settings.minPauseMinutes * 60_000
      let earliest = Math.max(now.getTime(), (lastSentAt?.getTime() ?? 0) + (lastSentAt ? pause : 0))
      for (const { dueAt } of messages) {
        expect(isOpen(dueAt, sendingSchedule(settings))).toBe(true)
        expect(localDateOf(dueAt, settings.timeZone)).toBe(day)
        expect(dueAt.getTime()).toBeGreaterThanOrEqual(earliest)
        earliest = dueAt.getTime() + pause
      }
    })
  })

  test('never repeats a pair within the cool-down while others are free', () => {
    property(({ settings, partners, coolDownDays }, now, { messages }) => {
      if (coolDownDays === 0) return
      const today = localDateOf(now, settings.timeZone)
      const since = startOfLocalDay(addDays(today, 1 - coolDownDays), settings.timeZone)
      const cooling = new Set(
        partners.flatMap(({ accountId, lastMetAt }) => (lastMetAt && lastMetAt >= since ? [accountId] : [])),
      )
      const left = new Map(partners.map(({ accountId, capacity }) => [accountId, capacity]))
      for (const { recipientId } of messages) {
        const free = [...left].filter(([id, room]) => room > 0 && !cooling.has(id))
        if (free.length > 0) expect(cooling.has(recipientId)).toBe(false)
        cooling.add(recipientId)
        left.set(recipientId, (left.get(recipientId) ?? 0) - 1)
      }
    })
  })

  test('does not depend on the order in which the accounts are given', () => {
    fc.assert(
      fc.property(anyFacts, anyTime, fc.integer(), (some, now, turn) => {
        const { partners } = some
        const at = partners.length === 0 ? 0 : Math.abs(turn) % partners.length
        const turned = [...partners.slice(at), ...partners.slice(0, at)].reverse()
        expect(planDay({ ...some, partners: turned }, now)).toEqual(planDay(some, now))
      }),
      { numRuns: 300 },
    )
  })
})
