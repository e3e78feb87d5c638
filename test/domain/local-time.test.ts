import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addDays, isTimeZone, localDateOf, localDay, startOfLocalDay } from '../../src/domain/local-time.ts'

test.each([
  '2020-01-01T00:00Z[Europe/Berlin]',
  '+01:00',
  'Europe/Berlin\0',
  'Europe / Berlin',
  '__proto__/x',
  'Berlin',
  '',
])('%j is no time zone', (zone) => {
  expect(isTimeZone(zone)).toBe(false)
})

test('every time zone that is taken is one that times can be shown in', () => {
  const pieces = fc.constantFrom(
    'Europe',
    'berlin',
    'Etc',
    'GMT+5',
    'UTC',
    '/',
    '[',
    ']',
    '2020-01-01T00:00',
    'Z',
    '+01:00',
    ' ',
  )
  const zones = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.array(pieces, { maxLength: 8 }).map((parts) => parts.join('')),
    fc.constantFrom(...Intl.supportedValuesOf('timeZone')),
  )
  fc.assert(
    fc.property(zones, (zone) => {
      if (isTimeZone(zone)) new Intl.DateTimeFormat('en', { timeZone: zone })
    }),
    { numRuns: 2000 },
  )
})

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
