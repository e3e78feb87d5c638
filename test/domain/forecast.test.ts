import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DEFAULT_SETTINGS, sendingSchedule } from '../../src/domain/account.ts'
import { forecast, type Standing } from '../../src/domain/forecast.ts'
import { accountsFor, forecastPool } from '../../src/domain/forecast-pool.ts'
import { HEALTHS } from '../../src/domain/health.ts'
import { addDays } from '../../src/domain/local-time.ts'
import { lastDayOfRamp } from '../../src/domain/ramp.ts'
import { isSendingDay } from '../../src/domain/schedule.ts'
import { anySettings } from '../support/plans.ts'

const MONDAY = '2026-03-02'
const MORNING = new Date('2026-03-02T06:00:00Z')
const NEW: Standing = { health: 'healthy', warmupDay: 0, restsUntil: null, lastPlannedOn: null }
const SETTINGS = { ...DEFAULT_SETTINGS, dailyLimit: 11, maintenanceVolume: 4, dailyVariation: 0.2 }
const volumes = (standing: Standing, settings = SETTINGS) =>
  forecast(settings, standing, MORNING).days.map(({ volume }) => volume)

describe('the forecast of an account', () => {
  test('is its ramp on sending days, a week of full volume, then the maintenance', () => {
    const { days, fullOn, doneOn } = forecast(SETTINGS, NEW, MORNING)
    expect(days.slice(0, 8).map(({ volume }) => volume)).toEqual([5, 7, 9, 11, 11, 0, 0, 11])
    expect([fullOn, doneOn]).toEqual(['2026-03-05', '2026-03-16'])
    expect(days.find(({ day }) => day === doneOn)).toMatchObject({
      warmupDay: 11,
      volume: 4,
      low: 3,
      high: 5,
    })
    expect(days.filter(({ warmupDay }) => (warmupDay ?? 0) > 10)).toHaveLength(14)
  })

  test('goes on with today where today was planned, and with the next step where it was not', () => {
    expect(volumes({ ...NEW, warmupDay: 2, lastPlannedOn: MONDAY }).slice(0, 2)).toEqual([7, 9])
    expect(volumes({ ...NEW, warmupDay: 2, lastPlannedOn: '2026-02-27' }).slice(0, 2)).toEqual([9, 11])
  })

  test('leaves today out where it was not planned and its hours are over', () => {
    const at = (time: string, lastPlannedOn = '2026-02-27') =>
      forecast(SETTINGS, { ...NEW, warmupDay: 2, lastPlannedOn }, new Date(`2026-03-02T${time}Z`))
        .days.slice(0, 2)
        .map(({ volume }) => volume)
    expect([at('17:49'), at('17:50'), at('17:50', MONDAY)]).toEqual([
      [9, 11],
      [0, 9],
      [7, 9],
    ])
  })

  test('waits out a rest, begins anew and gets better before it rises', () => {
    const resting: Standing = { ...NEW, health: 'paused', warmupDay: 4, restsUntil: '2026-03-04' }
    expect(volumes(resting).slice(0, 8)).toEqual([0, 0, 5, 5, 7, 0, 0, 9])
  })

  test('begins with the first step where nothing was planned, whatever day is written down', () => {
    const steep = { ...SETTINGS, ramp: 'own' as const, startVolume: 1, dailyIncrease: 2 }
    expect(volumes({ ...NEW, lastPlannedOn: MONDAY }, steep).slice(0, 3)).toEqual([1, 3, 5])
  })

  test('tells what is past from what is not in sight', () => {
    const held = forecast(SETTINGS, { ...NEW, warmupDay: 8, lastPlannedOn: '2026-02-27' }, MORNING)
    expect(held).toMatchObject({ wasFull: true, fullOn: null, wasDone: false, doneOn: '2026-03-04' })
    const done = forecast(SETTINGS, { ...NEW, warmupDay: 30, lastPlannedOn: '2026-02-27' }, MORNING)
    expect(done).toMatchObject({ wasFull: true, fullOn: null, wasDone: true, doneOn: null })
    const ending = forecast(SETTINGS, { ...NEW, warmupDay: 10, lastPlannedOn: '2026-02-27' }, MORNING)
    expect(ending).toMatchObject({ wasDone: false, doneOn: MONDAY })
    const ended = forecast(SETTINGS, { ...NEW, warmupDay: 11, lastPlannedOn: '2026-02-27' }, MORNING)
    expect(ended).toMatchObject({ wasDone: true, doneOn: null })
    const far = { ...SETTINGS, ramp: 'gentle' as const, dailyLimit: 2000 }
    expect(forecast(far, NEW, MORNING)).toMatchObject({ wasFull: false, fullOn: null, doneOn: null })
    expect(forecast(far, NEW, MORNING).days).toHaveLength(400)
  })

  test('of a throttled account first holds, as it gets better by one grade a day', () => {
    expect(volumes({ ...NEW, health: 'throttled', warmupDay: 2 }).slice(0, 4)).toEqual([7, 9, 11, 11])
  })

  test('has no end in sight where the volume does not rise', () => {
    const flat = { ...SETTINGS, ramp: 'own' as const, startVolume: 3, dailyIncrease: 0 }
    expect(forecast(flat, NEW, MORNING)).toMatchObject({ fullOn: null, doneOn: null })
  })

  test('for any settings and standing ends, keeps the limit and the days off, and falls only when it is done', () => {
    const standings = fc.record({
      health: fc.constantFrom(...HEALTHS),
      warmupDay: fc.nat(100),
      restsUntil: fc.option(fc.constantFrom('2026-02-27', '2026-03-02', '2026-03-09')),
      lastPlannedOn: fc.option(fc.constantFrom('2026-02-27', MONDAY)),
    })
    fc.assert(
      fc.property(anySettings, standings, (settings, standing) => {
        const { days } = forecast(settings, standing, MORNING)
        expect(days.length).toBeLessThanOrEqual(400)
        const last = lastDayOfRamp(settings) ?? Number.POSITIVE_INFINITY
        let before = 0
        for (const { day, warmupDay, volume, low, high } of days) {
          expect(volume).toBeLessThanOrEqual(settings.dailyLimit)
          expect(low <= high && high <= settings.dailyLimit).toBe(true)
          if (!isSendingDay(day, sendingSchedule(settings))) expect([warmupDay, volume]).toEqual([null, 0])
          if (warmupDay === 1) before = 0
          if (warmupDay === null || warmupDay > last) continue
          expect(volume).toBeGreaterThanOrEqual(before)
          before = volume
        }
      }),
      { numRuns: 200 },
    )
  })
})

describe('the forecast of the pool', () => {
  const cohort = { settings: SETTINGS, standing: NEW, accounts: 3 }

  test('sums what is needed, and says from when on how much is missing', () => {
    const { days, shortFrom, missing } = forecastPool(
      [cohort, cohort],
      { accounts: 4, capacity: 50 },
      MONDAY,
      7,
    )
    expect(days.map(({ need }) => need)).toEqual([30, 42, 54, 66, 66, 0, 0])
    expect([shortFrom, missing]).toEqual(['2026-03-04', { mails: 16, accounts: 2 }])
  })

  test('of accounts with calendars of their own is the sum of what each has planned', () => {
    const weekend = { ...SETTINGS, sendDays: [6, 7] }
    const off = { ...SETTINGS, holidays: ['2026-03-02..2026-03-03'] }
    const cohorts = [SETTINGS, weekend, off].map((settings) => ({ settings, standing: NEW, accounts: 1 }))
    const { days } = forecastPool(cohorts, { accounts: 1, capacity: 99 }, MONDAY, 7)
    expect(days.map(({ need }) => need)).toEqual([5, 7, 14, 18, 20, 5, 7])
  })

  test('says nothing is missing where there is room', () => {
    expect(forecastPool([cohort], { accounts: 1, capacity: 33 }, MONDAY, 7)).toMatchObject({
      shortFrom: null,
      missing: null,
    })
  })

  test('takes little longer for accounts with a hundred holidays than for accounts with none', () => {
    const timeWith = (holidays: string[]) => {
      const cohorts = Array.from({ length: 300 }, () => ({ ...cohort, settings: { ...SETTINGS, holidays } }))
      const start = performance.now()
      forecastPool(cohorts, { accounts: 1, capacity: 33 }, MONDAY, 60)
      return performance.now() - start
    }
    const many = Array.from({ length: 100 }, (_, i) => addDays('2027-01-01', 2 * i))
    timeWith([])
    expect(timeWith(many)).toBeLessThan(10 * timeWith([]))
  })

  test('counts in accounts of the mean limit, or of 50 where there are none', () => {
    expect([
      accountsFor(60, { accounts: 2, capacity: 50 }),
      accountsFor(60, { accounts: 0, capacity: 0 }),
    ]).toEqual([3, 2])
  })
})
