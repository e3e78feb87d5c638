import fc from 'fast-check'
import { type AccountSettings, DEFAULT_SETTINGS } from '../../src/domain/account.ts'
import type { Partner } from '../../src/domain/pairing.ts'
import type { PlanFacts } from '../../src/domain/plan-day.ts'
import { RAMPS } from '../../src/domain/ramp.ts'
import { hourRangeText } from '../../src/domain/schedule.ts'

export const ZONES = Intl.supportedValuesOf('timeZone')

export const anyZone = fc.constantFrom(...ZONES)

export const anyTime = fc.date({
  min: new Date('2026-01-01'),
  max: new Date('2027-12-31'),
  noInvalidDate: true,
})

/** One to three ranges of hours, in order and apart. */
export const anyHours = fc
  .uniqueArray(fc.integer({ min: 0, max: 48 }), { minLength: 2, maxLength: 6 })
  .map((halfHours) => {
    const ends = halfHours.toSorted((a, b) => a - b).map((half) => half * 30)
    const ranges: string[] = []
    for (let i = 0; i + 1 < ends.length; i += 2)
      ranges.push(hourRangeText({ from: ends[i] as number, to: ends[i + 1] as number }))
    return ranges
  })

const anyHoliday = fc
  .tuple(fc.integer({ min: 0, max: 700 }), fc.nat(20))
  .map(([first, length]) => `${dayText(first)}..${dayText(first + length)}`)

export const anySettings: fc.Arbitrary<AccountSettings> = fc
  .record({
    dailyLimit: fc.integer({ min: 1, max: 2000 }),
    ramp: fc.constantFrom(...RAMPS),
    startVolume: fc.integer({ min: 1, max: 500 }),
    dailyIncrease: fc.integer({ min: 0, max: 100 }),
    dailyVariation: fc.integer({ min: 0, max: 50 }).map((percent) => percent / 100),
    maintenanceVolume: fc.integer({ min: 0, max: 2000 }),
    timeZone: anyZone,
    sendDays: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
    sendHours: anyHours,
    wakingHours: anyHours,
    holidays: fc.array(anyHoliday, { maxLength: 3 }),
    minPauseMinutes: fc.integer({ min: 0, max: 240 }),
  })
  .map((some) => ({ ...DEFAULT_SETTINGS, ...some }))

const anyPartner = fc.record({
  domain: fc.constantFrom('a.example', 'b.example', 'c.example'),
  capacity: fc.integer({ min: 0, max: 5 }),
  met: fc.nat(5),
  lastMetAt: fc.option(anyTime),
})

export const anyPartners: fc.Arbitrary<Partner[]> = fc
  .array(anyPartner, { maxLength: 30 })
  .map((some) => some.map((partner, i) => ({ ...partner, accountId: i + 1 })))

export const anyFacts: fc.Arbitrary<PlanFacts> = fc.record({
  settings: anySettings,
  warmupDay: fc.option(fc.integer({ min: 1, max: 400 })),
  lastPlannedOn: fc.constant(null),
  sentToday: fc.integer({ min: 0, max: 2100 }),
  openingsToday: fc.nat(50),
  lastSentAt: fc.option(anyTime),
  waiting: fc.record({ openings: fc.nat(50), replies: fc.nat(50) }),
  partners: anyPartners,
  coolDownDays: fc.nat(14),
  seed: fc.string(),
})

export function partners(count: number, capacity: number): Partner[] {
  return Array.from({ length: count }, (_, i) => ({
    accountId: i + 1,
    domain: `domain${i % 3}.example`,
    capacity,
    met: 0,
    lastMetAt: null,
  }))
}

function dayText(days: number): string {
  return new Date(Date.UTC(2026, 0, 1 + days)).toISOString().slice(0, 10)
}
