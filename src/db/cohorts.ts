import { settingsOf } from '../domain/account.ts'
import type { Cohort } from '../domain/forecast-pool.ts'
import type { LocalDate } from '../domain/local-time.ts'
import type { Database } from './connection.ts'
import { and, eq, sql } from './drizzle.ts'
import { accounts } from './schema.ts'

/** What plans rest on, and no more: accounts that are alike in it are forecast together. */
const alike = {
  dailyLimit: accounts.dailyLimit,
  ramp: accounts.ramp,
  startVolume: accounts.startVolume,
  dailyIncrease: accounts.dailyIncrease,
  dailyVariation: accounts.dailyVariation,
  maintenanceVolume: accounts.maintenanceVolume,
  sendDays: accounts.sendDays,
  sendHours: accounts.sendHours,
  holidays: accounts.holidays,
  health: accounts.health,
  warmupDay: accounts.warmupDay,
  restsUntil: accounts.restsUntil,
  lastPlannedOn: accounts.lastPlannedOn,
}

export type Pool = { accounts: number; capacity: number }

export function createCohorts(db: Database) {
  return {
    /** The active warmup accounts, those that are alike counted together. */
    async ofWarmup(): Promise<Cohort[]> {
      const rows = await db
        .select({ ...alike, accounts: sql<number>`count(*)::int` })
        .from(accounts)
        .where(and(eq(accounts.kind, 'warmup'), eq(accounts.status, 'active')))
        .groupBy(...Object.values(alike))
      return rows.map(({ health, warmupDay, restsUntil, lastPlannedOn, accounts: count, ...settings }) => ({
        settings: settingsOf(settings),
        standing: { health, warmupDay, restsUntil, lastPlannedOn },
        accounts: count,
      }))
    },

    /** The active pool accounts that do not rest, and how many mails a day they may be sent together. */
    async ofPool(today: LocalDate): Promise<Pool> {
      const [row] = await db
        .select({
          accounts: sql<number>`count(*)::int`,
          capacity: sql<number>`coalesce(sum(${accounts.dailyLimit}), 0)::int`,
        })
        .from(accounts)
        .where(
          and(
            eq(accounts.kind, 'pool'),
            eq(accounts.status, 'active'),
            sql`(${accounts.restsUntil} is null or ${accounts.restsUntil} <= ${today})`,
          ),
        )
      return row ?? { accounts: 0, capacity: 0 }
    },
  }
}
