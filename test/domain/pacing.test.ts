import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isWithinWorkWindow } from '../../src/domain/local-time.ts'
import {
  isMissing,
  maySend,
  nextLook,
  pauseSeconds,
  readingTime,
  writingTime,
} from '../../src/domain/pacing.ts'
import { seededRandom } from '../../src/domain/random.ts'

const noon = new Date('2026-03-02T12:00:00Z')
const facts = { timeZone: 'UTC', dailyLimit: 50, sentToday: 0, lastSentAt: null }
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
      expect(isWithinWorkWindow((permission as { until: Date }).until, 'UTC')).toBe(true)
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
    [1, 180],
    [50, 180],
    [500, 32],
    [2000, 8],
  ])(
    'with a limit of %i a day leaves a pause of %i s, so that the limit fits into the hours',
    (limit, pause) => {
      expect(pauseSeconds(limit)).toBe(pause)
      expect(pause * limit).toBeLessThan(9 * 3600)
    },
  )
})

describe('a recipient', () => {
  test('opens and answers inside its own working hours, later than it was sent, whatever its zone', () => {
    const zones = fc.constantFrom(...Intl.supportedValuesOf('timeZone'))
    const times = fc.date({ min: new Date('2026-01-01'), max: new Date('2026-12-31'), noInvalidDate: true })
    fc.assert(
      fc.property(zones, times, fc.integer(), (zone, now, seed) => {
        for (const time of [
          readingTime(now, zone, seededRandom(seed)),
          writingTime(now, zone, seededRandom(seed)),
        ]) {
          expect(time > now && isWithinWorkWindow(time, zone)).toBe(true)
          expect(time.getTime() - now.getTime()).toBeLessThan(4 * 86_400_000)
        }
      }),
    )
  })

  test('looks for a mail with growing pauses and misses it only after a day', () => {
    const sentAt = noon
    let now = noon
    let looks = 0
    const pauses: number[] = []
    while (!isMissing(sentAt, looks, now)) {
      looks += 1
      const next = nextLook(now, looks)
      pauses.push((next.getTime() - now.getTime()) / 60_000)
      now = next
    }
    expect(pauses).toEqual([10, 20, 40, 80, 160, 320, 360, 360, 360])
    expect(now.getTime() - sentAt.getTime()).toBeGreaterThanOrEqual(86_400_000)
  })
})
