import type { RateName, RateRuns } from '../domain/engagement.ts'
import type { Database } from './connection.ts'
import { asc, eq, inArray, sql } from './drizzle.ts'
import { accountCounts } from './schema.ts'

export type AccountCounts = typeof accountCounts.$inferSelect
type Counter = Exclude<keyof AccountCounts, 'accountId' | 'rateRuns'>
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

    /**
     * How the rates of `accountId` were kept so far. Its row and its partner's stay locked to the end of the
     * transaction, taken in the order of their ids.
     */
    async lockRuns(accountId: number, partnerId: number): Promise<RateRuns> {
      const rows = await db
        .select()
        .from(accountCounts)
        .where(inArray(accountCounts.accountId, [accountId, partnerId]))
        .orderBy(asc(accountCounts.accountId))
        .for('update')
      const row = rows.find((counts) => counts.accountId === accountId)
      if (!row) throw new Error(`account ${accountId} has no counts`)
      return row.rateRuns
    },

    async setRuns(accountId: number, rateRuns: RateRuns): Promise<void> {
      await db.update(accountCounts).set({ rateRuns }).where(eq(accountCounts.accountId, accountId))
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
