import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DEFAULT_SETTINGS } from '../../src/domain/account.ts'
import { dayAfterChange, fullDay, lastDayOfRamp, variedVolume, volumeOnDay } from '../../src/domain/ramp.ts'
import { seededRandom } from '../../src/domain/random.ts'
import { anySettings } from '../support/plans.ts'

const settings = { ...DEFAULT_SETTINGS, dailyLimit: 40, maintenanceVolume: 15 }
const volumes = (changes: Partial<typeof settings>, days: number[]) =>
  days.map((day) => volumeOnDay({ ...settings, ...changes }, day))

describe('the volume of a day', () => {
  test('of the gentle ramp begins with two and rises by one', () => {
    expect(volumes({ ramp: 'gentle' }, [1, 2, 3, 39, 40])).toEqual([2, 3, 4, 40, 40])
  })

  test('of the standard ramp begins with five and rises by two', () => {
    expect(volumes({ ramp: 'standard' }, [1, 2, 3, 18, 19])).toEqual([5, 7, 9, 39, 40])
  })

  test('of the phased ramp is a share of the limit, a week each', () => {
    expect(volumes({ ramp: 'phased' }, [1, 7, 8, 14, 15, 21, 22, 28, 29, 35])).toEqual([
      4, 4, 10, 10, 20, 20, 30, 30, 40, 40,
    ])
    expect(volumes({ ramp: 'phased', dailyLimit: 3 }, [1, 8, 15, 22, 29])).toEqual([1, 1, 1, 2, 3])
  })

  test('after a week at the full volume is the maintenance volume', () => {
    expect(volumes({ ramp: 'standard' }, [25, 26, 200])).toEqual([40, 15, 15])
    expect(volumes({ ramp: 'phased' }, [35, 36])).toEqual([40, 15])
    expect(volumes({ ramp: 'standard', maintenanceVolume: 99 }, [30])).toEqual([40])
  })

  test('that does not rise is never full', () => {
    const flat = { ...settings, ramp: 'own' as const, startVolume: 5, dailyIncrease: 0 }
    expect([fullDay(flat), lastDayOfRamp(flat), volumeOnDay(flat, 500)]).toEqual([null, null, 5])
  })

  test('for any settings is never above the limit, nor does it fall before the ramp is done', () => {
    fc.assert(
      fc.property(anySettings, fc.integer({ min: 1, max: 400 }), fc.integer(), (some, day, seed) => {
        expect(volumeOnDay(some, day)).toBeLessThanOrEqual(some.dailyLimit)
        expect(variedVolume(some, day, seededRandom(seed))).toBeLessThanOrEqual(some.dailyLimit)
        if (day < (lastDayOfRamp(some) ?? 1000))
          expect(volumeOnDay(some, day + 1)).toBeGreaterThanOrEqual(volumeOnDay(some, day))
      }),
    )
  })

  test('goes on from what it was after a change of the ramp, however steep the new one is', () => {
    const day = (before: Partial<typeof settings>, after: Partial<typeof settings>, warmupDay: number) =>
      dayAfterChange({ ...settings, ...before }, { ...settings, ...after }, warmupDay)
    expect(day({}, { dailyLimit: 400 }, 200)).toBe(6)
    expect(day({}, { dailyLimit: 30 }, 200)).toBe(21)
    expect(day({}, { ramp: 'phased' }, 5)).toBe(14)
    expect(day({}, { ramp: 'gentle' }, 0)).toBe(0)
    fc.assert(
      fc.property(anySettings, anySettings, fc.integer({ min: 1, max: 400 }), (before, after, was) => {
        const volume = volumeOnDay(after, dayAfterChange(before, after, was))
        const least = Math.max(volumeOnDay(after, 1), after.maintenanceVolume)
        expect(volume).toBeLessThanOrEqual(Math.max(volumeOnDay(before, was), least))
      }),
    )
  })

  test('varies by as much as was chosen, and not always alike', () => {
    const varied = Array.from({ length: 200 }, (_, seed) =>
      variedVolume({ ...settings, dailyVariation: 0.2 }, 8, seededRandom(seed)),
    )
    expect([Math.min(...varied), Math.max(...varied)]).toEqual([15, 23])
    expect(volumeOnDay(settings, 8)).toBe(19)
  })
})
