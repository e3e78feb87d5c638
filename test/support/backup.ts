import type { Database } from '../../src/db/connection.ts'
import { sql } from '../../src/db/drizzle.ts'

/** Sets the rows of all tables aside. Returns what puts them back, as a dump of that moment would: all that was written since is lost. */
export async function takeBackup(db: Database): Promise<() => Promise<void>> {
  const tables = (
    await db.execute<{ name: string; columns: string; identity: string | null }>(sql`
      select c.table_name as name,
        string_agg(quote_ident(c.column_name), ', ') filter (where c.is_generated = 'NEVER') as columns,
        max(c.column_name) filter (where c.is_identity = 'YES') as identity
      from information_schema.columns c
      where c.table_schema = 'public' group by c.table_name`)
  ).map((table) => ({ ...table }))
  await db.execute(sql`create schema backup`)
  for (const { name } of tables) await run(db, `create table backup.${name} as table public.${name}`)
  return () =>
    db.transaction(async (tx) => {
      // Foreign keys are checked again once all rows are back.
      await run(tx, `set local session_replication_role = replica`)
      await run(tx, `truncate ${tables.map(({ name }) => name).join(', ')}`)
      for (const { name, columns, identity } of tables) {
        await run(
          tx,
          `insert into ${name} (${columns}) overriding system value select ${columns} from backup.${name}`,
        )
        if (identity)
          await run(
            tx,
            `select setval(pg_get_serial_sequence('${name}', '${identity}'), (select coalesce(max(${identity}), 1) from ${name}))`,
          )
      }
    })
}

async function run(db: Database, statement: string): Promise<void> {
  await db.execute(sql.raw(statement))
}
