import { fileURLToPath } from 'node:url'
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import { connect } from './connection.ts'
import { migrate, sql } from './drizzle.ts'

/** Brings the tables up to date. Two processes that migrate at once do so one after the other. */
export async function migrateDatabase(url: string): Promise<void> {
  // One connection, so that the lock and the migrator share a session; its end releases the lock.
  const { db, close } = connect(url, { poolSize: 1 })
  try {
    await db.execute(sql`select pg_advisory_lock(hashtext('kindling:migrate'))`)
    const migrationsFolder = fileURLToPath(new URL('./migrations', import.meta.url))
    await migrate(db as PostgresJsDatabase, { migrationsFolder })
  } finally {
    await close()
  }
}
