import type { Database } from './connection.ts'
import { sql } from './drizzle.ts'
import journal from './migrations/meta/_journal.json' with { type: 'json' }

/** When the newest step that this code knows was made, as Drizzle's migrator keeps it with each step it has taken. */
const NEWEST_STEP = Math.max(...journal.entries.map(({ when }) => when))
const UNDEFINED_TABLE = '42P01'

/** Whether the tables lack a step that this code needs. Steps are never taken back: once false, it stays so. */
export function createSchemaAge(db: Database): () => Promise<boolean> {
  let isKnownNew = false
  return async function isBehind() {
    isKnownNew ||= (await newestStep(db)) >= NEWEST_STEP
    return !isKnownNew
  }
}

async function newestStep(db: Database): Promise<number> {
  try {
    const [row] = await db.execute<{ newest: string | null }>(
      sql`select max(created_at) as newest from drizzle.__drizzle_migrations`,
    )
    return Number(row?.newest ?? 0)
  } catch (error) {
    if ((error as { cause?: { code?: unknown } }).cause?.code === UNDEFINED_TABLE) return 0
    throw error
  }
}
