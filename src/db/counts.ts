import type { RateName, RateRuns } from '../domain/engagement.ts'
import type { Database } from './connection.ts'
import { eq, sql } from './drizzle.ts'
import { accountCounts } from './schema.ts'

export type AccountCounts = typeof accountCounts.$inferSelect
type Counter = Exclude<keyof AccountCounts, 'accountId' | 'rateRuns'>
export type Increments = Partial<Record<Counter, number>>

export function createCounts(db: Database) {
  return {
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
