import type { Database } from './connection.ts'
import { sql } from './drizzle.ts'
import { databaseIdentity } from './schema.ts'

/**
 * Tells a database from a backup of it that was restored, and from a copy: a cluster has a number of its own, and a new
 * timeline once it was recovered to an earlier moment; a database and a table that were made anew have new numbers;
 * a copied file was made when it was copied. https://www.postgresql.org/docs/current/functions-info.html
 */
export async function isAnotherDatabase(db: Database): Promise<boolean> {
  const identity = await identityOf(db)
  await db.insert(databaseIdentity).values({ id: 1, identity }).onConflictDoNothing()
  const [known] = await db.select().from(databaseIdentity)
  return known?.identity !== identity
}

/** From here on it is the one that it is now. */
export async function adoptDatabase(db: Database): Promise<void> {
  const identity = await identityOf(db)
  await db
    .insert(databaseIdentity)
    .values({ id: 1, identity })
    .onConflictDoUpdate({ target: databaseIdentity.id, set: { identity } })
}

async function identityOf(db: Database): Promise<string> {
  const [may] = await db.execute<{ control: boolean; files: boolean }>(sql`
    select has_function_privilege('pg_control_system()', 'execute')
        and has_function_privilege('pg_control_checkpoint()', 'execute') as control,
      has_function_privilege('pg_stat_file(text)', 'execute') as files`)
  const cluster = may?.control
    ? sql`(select system_identifier from pg_control_system()), (select timeline_id from pg_control_checkpoint())`
    : sql`null, null`
  // This file is written once, when the cluster is made; Windows knows no change of it, only when it was made.
  const file = may?.files
    ? sql`(select extract(epoch from coalesce(change, creation)) from pg_stat_file('PG_VERSION'))`
    : sql`null`
  const [row] = await db.execute<{ identity: string }>(sql`
    select json_build_array(${cluster}, (select oid::bigint from pg_database where datname = current_database()),
      'messages'::regclass::oid::bigint, ${file})::text as identity`)
  if (!row) throw new Error('Postgres does not tell which database this is')
  return row.identity
}
