import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readingSchedule, sendingSchedule } from '../../src/domain/account.ts'
import {
  countingFrom,
  dwellSeconds,
  isMissing,
  maySend,
  nextLook,
  readingTime,
  writingTime,
  zoneLeft,
} from '../../src/domain/pacing.ts'
import { seededRandom } from '../../src/domain/random.ts'
import { currentOrNextWindow, isOpen } from '../../src/domain/schedule.ts'
import { anySettings, anyTime } from '../support/plans.ts'

const noon = new Date('2026-03-02T12:00:00Z')
const WEEK = { timeZone: 'UTC', days: [1, 2, 3, 4, 5], hours: ['09:00-18:00'], holidays: [] }
const facts = {
  schedule: WEEK,
  dailyLimit: 50,
  minPauseMinutes: 3,
  sentToday: 0,
  lastSentAt: null,
  isStopped: false,
  restsUntil: null,
  lacksAuthentication: false,
}
const random = seededRandom(1)

describe('permission to send', () => {
  test('is given inside working hours, under the limit', () => {
    expect(maySend(facts, noon, random)).toEqual({ allowed: true })
  })

  test('is put off to the next working day where the limit is reached', () => {
    const permission = maySend({ ...facts, sentToday: 50 }, noon, random)
    expect(permission).toMatchObject({ allowed: false, reason: 'limit' })
    expect((permission as { until: Date }).until.toISOString()).toMatch(/^2026-03-03T(09|10)/)
  })

  test.each(['2026-03-02T08:59:59Z', '2026-03-02T18:00:00Z', '2026-03-07T12:00:00Z'])(
    'is not given at %s, and asked for again inside working hours',
    (time) => {
      const permission = maySend(facts, new Date(time), random)
      expect(permission).toMatchObject({ allowed: false, reason: 'hours' })
      expect(isOpen((permission as { until: Date }).until, WEEK)).toBe(true)
    },
  )

  test('waits out the pause after the last mail', () => {
    const lastSentAt = new Date(noon.getTime() - 60_000)
    const until = new Date(noon.getTime() + 120_000)
    expect(maySend({ ...facts, lastSentAt }, noon, random)).toEqual({
      allowed: false,
      until,
      reason: 'pause',
    })
  })

  test.each([
    ['stopped', { isStopped: true }],
    ['authentication', { lacksAuthentication: true }],
    ['rest', { restsUntil: '2026-03-03' }],
  ])('is put off for the reason %s', (reason, changes) => {
    const permission = maySend({ ...facts, ...changes }, noon, random)
    expect(permission).toMatchObject({ allowed: false, reason })
    expect((permission as { until: Date }).until > noon).toBe(true)
  })

  test('is given again on the day on which a rest is over', () => {
    expect(maySend({ ...facts, restsUntil: '2026-03-02' }, noon, random)).toEqual({ allowed: true })
  })
})

describe('the day that a limit holds for', () => {
  const at = (now: string, timeZone: string, left?: [zone: string, at: string]) =>
    countingFrom(new Date(now), {
      timeZone,
      zoneBefore: left?.[0] ?? null,
      zoneChangedAt: left ? new Date(left[1]) : null,
    }).toISOString()

  test('begins at midnight where the account lives', () => {
    expect(at('2026-03-02T12:00:00Z', 'Asia/Tokyo')).toBe('2026-03-01T15:00:00.000Z')
  })

  test('begins with the earlier of two days after a change of zone, until the one that was left is over', () => {
    const left: [string, string] = ['America/New_York', '2026-03-02T16:00:00Z']
    expect(at('2026-03-02T16:00:00Z', 'Asia/Tokyo', left)).toBe('2026-03-02T05:00:00.000Z')
    expect(at('2026-03-03T04:59:00Z', 'Asia/Tokyo', left)).toBe('2026-03-02T05:00:00.000Z')
    expect(at('2026-03-03T05:00:00Z', 'Asia/Tokyo', left)).toBe('2026-03-02T15:00:00.000Z')
  })

  test('is never shortened by a change of zone', () => {
    const left: [string, string] = ['Asia/Tokyo', '2026-03-02T12:00:00Z']
    expect(at('2026-03-02T12:00:00Z', 'UTC', left)).toBe('2026-03-01T15:00:00.000Z')
    expect(at('2026-03-02T15:00:00Z', 'UTC', left)).toBe('2026-03-02T00:00:00.000Z')
  })

  test('is never shortened by a second change of zone while the first day left goes on', () => {
    const first = new Date('2026-03-03T02:00:00Z')
    const second = new Date('2026-03-03T02:05:00Z')
    const inNewYork = { timeZone: 'America/New_York', zoneBefore: null, zoneChangedAt: null }
    const inTokyo = { timeZone: 'Asia/Tokyo', ...zoneLeft(first, inNewYork) }
    const inLondon = { timeZone: 'Europe/London', ...zoneLeft(second, inTokyo) }
    expect(countingFrom(second, inLondon).toISOString()).toBe('2026-03-02T05:00:00.000Z')
    const later = new Date('2026-03-03T12:00:00Z')
    expect(zoneLeft(later, inLondon)).toEqual({ zoneBefore: 'Europe/London', zoneChangedAt: later })
  })
})

describe('a recipient', () => {
  test('opens in its waking hours and answers in its sending hours, later than it was sent, whatever they are', () => {
    fc.assert(
      fc.property(anySettings, anyTime, fc.integer(), (settings, now, seed) => {
        const waking = readingSchedule(settings)
        const sending = sendingSchedule(settings)
        const reading = readingTime(now, waking, seededRandom(seed))
        expect(reading > now && isOpen(reading, waking)).toBe(true)
        const writing = writingTime(now, sending, seededRandom(seed))
        expect(writing > now).toBe(true)
        if (currentOrNextWindow(writing, sending)) expect(isOpen(writing, sending)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  test('stays with a mail for 45 s to an hour, mostly for minutes, sometimes for long', () => {
    const dwells = Array.from({ length: 2000 }, (_, seed) => dwellSeconds(seededRandom(seed))).toSorted(
      (a, b) => a - b,
    )
    expect(dwells[0]).toBe(45)
    expect(dwells[1000]).toBeGreaterThan(100)
    expect(dwells[1000]).toBeLessThan(145)
    expect(dwells[1980]).toBeGreaterThan(900)
    expect(dwells[1999]).toBeLessThanOrEqual(3600)
  })

  test('looks for a mail with growing pauses and misses it only after a day', () => {
    const sentAt = noon
    let now = noon
    let looks = 0
    const pauses: number[] = []
    while (!isMissing(sentAt, now, { looks, wasSenderAsked: true })) {
      looks += 1
      const next = nextLook(now, looks)
      pauses.push((next.getTime() - now.getTime()) / 60_000)
      now = next
    }
    expect(pauses).toEqual([10, 20, 40, 80, 160, 320, 360, 360, 360])
    expect(now.getTime() - sentAt.getTime()).toBeGreaterThanOrEqual(86_400_000)
  })
})
