import { describe, expect, test } from 'vitest'
import { addDays, isTimeZone, localDateOf, localDay, startOfLocalDay } from '../../src/domain/local-time.ts'

describe('local time', () => {
  test('a day whose midnight DST skips begins at its first instant', () => {
    expect(startOfLocalDay('2026-04-24', 'Africa/Cairo').toISOString()).toBe('2026-04-23T22:00:00.000Z')
  })

  test.each(['Europe/Berlin', 'America/Santiago', 'Africa/Cairo'])(
    'the days of %s follow each other without a gap',
    (zone) => {
      for (let day = '2026-01-01'; day < '2027-01-01'; day = addDays(day, 1)) {
        const { start, end } = localDay(day, zone)
        expect(localDateOf(start, zone)).toBe(day)
        expect(localDay(addDays(day, 1), zone).start).toEqual(end)
      }
    },
  )

  test.each(['Mars/Olympus', '', '+02:00', 'Europe', "'; drop table accounts"])(
    '%s is no time zone',
    (zone) => {
      expect(isTimeZone(zone)).toBe(false)
    },
  )
  test.each(['UTC', 'Europe/Berlin', 'America/Argentina/Ushuaia'])('%s is one', (zone) => {
    expect(isTimeZone(zone)).toBe(true)
  })
})
