import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addDays, localDateOf, localMinuteOf } from '../../src/domain/local-time.ts'
import {
  currentOrNextWindow,
  EVERY_DAY,
  isOpen,
  isSendingDay,
  nextDaysWindow,
  parseHourRange,
  type Schedule,
  tidyHolidays,
  tidyHours,
  windowsOn,
} from '../../src/domain/schedule.ts'
import { anySettings, anyTime, ZONES } from '../support/plans.ts'

const WEEK: Schedule = { timeZone: 'UTC', days: [1, 2, 3, 4, 5], hours: ['09:00-18:00'], holidays: [] }
const iso = ({ start, end }: { start: Date; end: Date }) => [start.toISOString(), end.toISOString()]

describe('hours', () => {
  test.each([
    [
      ['13:00-18:00', '9:00–12:30'],
      ['09:00-12:30', '13:00-18:00'],
    ],
    [[' 00:00 - 24:00 '], ['00:00-24:00']],
  ])('%j are written as %j', (typed, tidy) => {
    expect(tidyHours(typed)).toEqual(tidy)
  })

  test.each([
    [['9-18'], '“9-18” is no range of hours such as 09:00-17:30'],
    [['18:00-09:00'], '“18:00-09:00” is shorter than 30 minutes'],
    [['09:00-09:29'], '“09:00-09:29” is shorter than 30 minutes'],
    [['23:00-24:30'], '“23:00-24:30” ends after 24:00'],
    [['09:00-12:00', '11:00-13:00'], '09:00-12:00 and 11:00-13:00 overlap or touch'],
    [[], 'there are no hours'],
  ])('%j are refused', (typed, problem) => {
    expect(() => tidyHours(typed)).toThrow(problem)
  })
})

describe('holidays', () => {
  test('are put in order, a range of one day is a day', () => {
    expect(tidyHolidays(['2026-12-25 .. 2026-12-26', '2026-05-01..2026-05-01'])).toEqual([
      '2026-05-01',
      '2026-12-25..2026-12-26',
    ])
  })

  test.each(['25.12.2026', '2026-02-30', '2026-12-26..2026-12-25', '2026-12-25-2026-12-26'])(
    '%s is refused',
    (typed) => {
      expect(() => tidyHolidays([typed])).toThrow(`“${typed}”`)
    },
  )

  test('are a hundred at most', () => {
    const days = Array.from({ length: 101 }, (_, i) => addDays('2026-01-01', i))
    expect(tidyHolidays(days.slice(1))).toHaveLength(100)
    expect(() => tidyHolidays(days)).toThrow('there are 101 holidays, 100 are allowed')
  })

  test('are no sending days, from the first to the last', () => {
    const schedule = { ...WEEK, holidays: ['2026-12-24..2026-12-28', '2026-12-30'] }
    const days = ['2026-12-23', '2026-12-24', '2026-12-28', '2026-12-29', '2026-12-30', '2026-12-31']
    expect(days.map((day) => isSendingDay(day, schedule))).toEqual([true, false, false, true, false, true])
  })
})

describe('windows', () => {
  test.each([
    ['2026-03-08', 'America/New_York', '2026-03-08T13:00:00.000Z', '2026-03-08T22:00:00.000Z'],
    ['2026-03-07', 'America/New_York', '2026-03-07T14:00:00.000Z', '2026-03-07T23:00:00.000Z'],
    ['2026-10-25', 'Europe/Berlin', '2026-10-25T08:00:00.000Z', '2026-10-25T17:00:00.000Z'],
  ])('of %s in %s are right beside a change of DST', (day, timeZone, start, end) => {
    const schedule = { ...WEEK, timeZone, days: EVERY_DAY }
    expect(windowsOn(day, schedule).map(iso)).toEqual([[start, end]])
  })

  test('that a change of DST skips are not there, those that it doubles are longer', () => {
    const night = { ...WEEK, timeZone: 'Europe/Berlin', days: EVERY_DAY, hours: ['02:00-03:00'] }
    expect(windowsOn('2026-03-29', night)).toEqual([])
    expect(windowsOn('2026-10-25', night).map(iso)).toEqual([
      ['2026-10-25T00:00:00.000Z', '2026-10-25T02:00:00.000Z'],
    ])
  })

  test('of a day that a zone has left out are not there', () => {
    const schedule = { ...WEEK, timeZone: 'Pacific/Apia', days: EVERY_DAY }
    expect(windowsOn('2011-12-30', schedule).every(({ start, end }) => end > start)).toBe(true)
    expect(windowsOn('2011-12-31', schedule)).toHaveLength(1)
  })

  test('after Friday’s last is Monday’s first, after the morning’s the afternoon’s', () => {
    const schedule = { ...WEEK, hours: ['09:00-12:00', '13:00-18:00'] }
    const next = (time: string) => currentOrNextWindow(new Date(time), schedule)?.start.toISOString()
    expect(next('2026-03-06T18:00:00Z')).toBe('2026-03-09T09:00:00.000Z')
    expect(next('2026-03-06T12:00:00Z')).toBe('2026-03-06T13:00:00.000Z')
    expect(nextDaysWindow(new Date('2026-03-03T05:00:00Z'), schedule)?.start.toISOString()).toBe(
      '2026-03-04T09:00:00.000Z',
    )
  })

  test('are none where a holiday never ends', () => {
    const schedule = { ...WEEK, holidays: ['2026-01-01..2028-12-31'] }
    expect(currentOrNextWindow(new Date('2026-03-06T18:00:00Z'), schedule)).toBeNull()
  })

  // Zones change their clocks at night: hours of the day are as long as they say, in every zone, both changes included.
  test.each(ZONES)('of every day of 2026 in %s are of that day and as long as they say', (timeZone) => {
    const schedule = { timeZone, days: EVERY_DAY, hours: ['09:00-12:30', '14:00-18:00'], holidays: [] }
    for (let day = '2026-01-01'; day < '2027-01-01'; day = addDays(day, 3)) {
      const windows = windowsOn(day, schedule)
      expect(windows.map(({ start, end }) => (end.getTime() - start.getTime()) / 60_000)).toEqual([210, 240])
      for (const { start } of windows) expect(localDateOf(start, timeZone)).toBe(day)
      expect(windows.map(({ start }) => localMinuteOf(start, timeZone))).toEqual([540, 840])
    }
  })

  test('for any hours, zone and time: what is open is in a window, and the next one to open is not missed', () => {
    fc.assert(
      fc.property(anySettings, anyTime, ({ timeZone, sendDays, sendHours, holidays }, now) => {
        const schedule = { timeZone, days: sendDays, hours: sendHours, holidays }
        const window = currentOrNextWindow(now, schedule)
        if (!window) return
        expect(isOpen(now, schedule)).toBe(window.start <= now)
        expect(window.end > now).toBe(true)
        // A minute inside reads as one of the hours on the clock where the account lives.
        const inside = new Date((window.start.getTime() + window.end.getTime()) / 2)
        expect(isOpen(inside, schedule)).toBe(true)
        expect(sendDays).toContain(weekdayIn(inside, timeZone))
        const minute = localMinuteOf(inside, timeZone)
        const isInHours = sendHours.map(parseHourRange).some(({ from, to }) => minute >= from && minute < to)
        if (sendHours.every((range) => parseHourRange(range).from >= 240)) expect(isInHours).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })
})

function weekdayIn(instant: Date, timeZone: string): number {
  const name = new Intl.DateTimeFormat('en', { timeZone, weekday: 'short' }).format(instant)
  return ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(name) + 1
}
