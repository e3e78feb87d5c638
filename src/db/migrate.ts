import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import { connect } from './connection.ts'
import { migrate, sql } from './drizzle.ts'

const TRIES = 100
/**
 * Shorter than the second after which Postgres looks for a deadlock and ends somebody's transaction: a migration that
 * stands in the way of running processes steps back itself, and tries again.
 */
const LOCK_TIMEOUT_MS = 300
const LOCK_NOT_AVAILABLE = '55P03'

/** Brings the tables up to date. Two processes that migrate at once do so one after the other. */
export async function migrateDatabase(url: string): Promise<void> {
  // One connection, so that the lock and the migrator share a session; its end releases the lock.
  const { db, close } = connect(url, { poolSize: 1 })
  try {
    await db.execute(sql`select pg_advisory_lock(hashtext('kindling:migrate'))`)
    await db.execute(sql.raw(`set lock_timeout = ${LOCK_TIMEOUT_MS}`))
    const migrationsFolder = fileURLToPath(new URL('./migrations', import.meta.url))
    for (let tries = 1; ; tries += 1) {
      try {
        return await migrate(db as PostgresJsDatabase, { migrationsFolder })
      } catch (error) {
        if (tries === TRIES || !isLockTimeout(error)) throw error
        await delay(100 + Math.random() * 400)
      }
    }
  } finally {
    await close()
  }
}

function isLockTimeout(error: unknown): boolean {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: { code?: unknown } }
  return (cause?.code ?? code) === LOCK_NOT_AVAILABLE
}
