import { fileURLToPath } from 'node:url'
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import type { Database } from './connection.ts'
import { migrate, sql } from './drizzle.ts'

/** Brings the tables up to date. Two processes that migrate at once do so one after the other. */
export async function migrateDatabase(db: Database): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtext('kindling:migrate'))`)
    const migrationsFolder = fileURLToPath(new URL('./migrations', import.meta.url))
    await migrate(tx as unknown as PostgresJsDatabase, { migrationsFolder })
  })
}
