import type { Database } from './connection.ts'
import { sql } from './drizzle.ts'

/** One batch that was looked at: from where the next one looks on, and how many rows it took away. Null: none is left. */
export type Batch = { last: number; removed: number } | null

/** While history shrinks, what Postgres believes of it is old: it may take reading all of a table for cheaper than its index. */
export function inOneBatch<T>(db: Database, work: (tx: Database) => Promise<T>): Promise<T> {
  return db.transaction(async (tx) => {
    await tx.execute(sql`set local enable_seqscan = off`)
    return work(tx)
  })
}
