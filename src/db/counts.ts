import type { RateName, RateRuns } from '../domain/engagement.ts'
import type { Database } from './connection.ts'
import { eq, sql } from './drizzle.ts'
import { accountCounts } from './schema.ts'

export type AccountCounts = typeof accountCounts.$inferSelect
type Counter = Exclude<keyof AccountCounts, 'accountId' | 'rateRuns' | 'begun'>
export type Increments = Partial<Record<Counter, number>>

export function createCounts(db: Database) {
  return {
    /** Adds to the counters of accounts, always in the order of their ids, so that two transactions can't deadlock. */
    async add(byAccount: ReadonlyMap<number, Increments>): Promise<void> {
      for (const [accountId, increments] of [...byAccount].sort(([a], [b]) => a - b)) {
        const set = Object.fromEntries(
          Object.entries(increments).map(([name, by]) => [
            name,
            sql`${accountCounts[name as Counter]} + ${by}`,
          ]),
        )
        if (Object.keys(set).length > 0)
          await db.update(accountCounts).set(set).where(eq(accountCounts.accountId, accountId))
      }
    },

    /** How the rates of an account were kept so far. */
    async runs(accountId: number): Promise<RateRuns> {
      const [row] = await db
        .select({ rateRuns: accountCounts.rateRuns })
        .from(accountCounts)
        .where(eq(accountCounts.accountId, accountId))
      return row?.rateRuns ?? {}
    },

    /** Another rate begins another run. */
    async restartRuns(accountId: number, names: readonly RateName[]): Promise<void> {
      if (names.length === 0) return
      await db
        .update(accountCounts)
        .set({ rateRuns: sql`${accountCounts.rateRuns} - ${sql.param([...names])}::text[]` })
        .where(eq(accountCounts.accountId, accountId))
    },
  }
}
