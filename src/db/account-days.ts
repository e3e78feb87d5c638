import type { Evidence, Health } from '../domain/health.ts'
import type { LocalDate } from '../domain/local-time.ts'
import type { Database } from './connection.ts'
import { and, asc, desc, eq, gte, lt, sql } from './drizzle.ts'
import { accountDays } from './schema.ts'

export type AccountDay = typeof accountDays.$inferSelect
type Counter = keyof Evidence | 'sent' | 'replies'
export type DayIncrements = Partial<Record<Counter, number>>
export type PlannedDay = {
  warmupDay: number
  volume: number
  planned: number
  shortOf: number
  health: Health
}

export function createAccountDays(db: Database) {
  return {
    /** Adds to what was done and learnt on an account's local day. */
    async add(accountId: number, day: LocalDate, increments: DayIncrements): Promise<void> {
      const added = Object.fromEntries(
        Object.entries(increments).map(([name, by]) => [name, sql`${accountDays[name as Counter]} + ${by}`]),
      )
      if (Object.keys(added).length === 0) return
      await db
        .insert(accountDays)
        .values({ accountId, day, ...increments })
        .onConflictDoUpdate({ target: [accountDays.accountId, accountDays.day], set: added })
    },

    /** What was planned for a day, the last time that it was. */
    async plan(accountId: number, day: LocalDate, plan: PlannedDay): Promise<void> {
      await db
        .insert(accountDays)
        .values({ accountId, day, ...plan })
        .onConflictDoUpdate({ target: [accountDays.accountId, accountDays.day], set: plan })
    },

    /** For so many conversations the pool has no room at all: the day is not planned until it has some. */
    async setShortOf(accountId: number, day: LocalDate, shortOf: number): Promise<void> {
      await db
        .insert(accountDays)
        .values({ accountId, day, shortOf })
        .onConflictDoUpdate({ target: [accountDays.accountId, accountDays.day], set: { shortOf } })
    },

    /** The days from `first` on, oldest first. */
    since(accountId: number, first: LocalDate): Promise<AccountDay[]> {
      return db
        .select()
        .from(accountDays)
        .where(and(eq(accountDays.accountId, accountId), gte(accountDays.day, first)))
        .orderBy(asc(accountDays.day))
    },

    /** The last planned day before `day`. */
    async lastPlannedBefore(accountId: number, day: LocalDate): Promise<AccountDay | null> {
      const [row] = await db
        .select()
        .from(accountDays)
        .where(
          and(
            eq(accountDays.accountId, accountId),
            lt(accountDays.day, day),
            sql`${accountDays.warmupDay} is not null`,
          ),
        )
        .orderBy(desc(accountDays.day))
        .limit(1)
      return row ?? null
    },
  }
}
