import { describe, expect, test } from 'vitest'
import {
  addDays,
  currentOrNextWorkWindow,
  isTimeZone,
  localDateOf,
  nextDaysWorkWindow,
  startOfLocalDay,
  workWindow,
} from '../../src/domain/local-time.ts'

const iso = ({ start, end }: { start: Date; end: Date }) => [start.toISOString(), end.toISOString()]

describe('local time', () => {
  test.each([
    ['2026-03-08', 'America/New_York', '2026-03-08T13:00:00.000Z', '2026-03-08T22:00:00.000Z'],
    ['2026-03-07', 'America/New_York', '2026-03-07T14:00:00.000Z', '2026-03-07T23:00:00.000Z'],
    ['2026-10-25', 'Europe/Berlin', '2026-10-25T08:00:00.000Z', '2026-10-25T17:00:00.000Z'],
    ['2026-10-24', 'Europe/Berlin', '2026-10-24T07:00:00.000Z', '2026-10-24T16:00:00.000Z'],
  ])('the work window of %s in %s is right beside a change of DST', (day, zone, start, end) => {
    expect(iso(workWindow(day, zone))).toEqual([start, end])
  })

  test('a day whose midnight DST skips begins at its first instant', () => {
    expect(startOfLocalDay('2026-04-24', 'Africa/Cairo').toISOString()).toBe('2026-04-23T22:00:00.000Z')
  })

  test('the window after Friday’s end is Monday’s', () => {
    const friday = new Date('2026-03-06T18:00:00Z')
    expect(iso(currentOrNextWorkWindow(friday, 'UTC'))[0]).toBe('2026-03-09T09:00:00.000Z')
  })

  test('the window of the next day is never today’s, even in the morning', () => {
    expect(iso(nextDaysWorkWindow(new Date('2026-03-03T05:00:00Z'), 'UTC'))[0]).toBe(
      '2026-03-04T09:00:00.000Z',
    )
  })

  test.each(Intl.supportedValuesOf('timeZone'))('every day of 2026 in %s has nine hours of work', (zone) => {
    for (let day = '2026-01-01'; day < '2027-01-01'; day = addDays(day, 7)) {
      const { start, end } = workWindow(day, zone)
      expect(localDateOf(start, zone)).toBe(day)
      expect(end.getTime() - start.getTime()).toBe(9 * 3_600_000)
    }
  })

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
