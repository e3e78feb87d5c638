import type { Database } from '../../src/db/connection.ts'
import { sql } from '../../src/db/drizzle.ts'

/** What every table holds, each as one number: two that are the same mean that no row was written, changed or lost. */
export async function fingerprint(
  db: Database,
  { except = [] }: { except?: readonly string[] } = {},
): Promise<Record<string, string>> {
  const tables = await db.execute<{ name: string }>(
    sql`select table_name as name from information_schema.tables where table_schema = 'public' order by 1`,
  )
  const names = tables.map(({ name }) => name).filter((name) => !except.includes(name))
  const parts = names.map(
    (name) =>
      `select '${name}' as name, count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)), 0) as held from "${name}" t`,
  )
  const rows = await db.execute<{ name: string; held: string }>(sql.raw(parts.join(' union all ')))
  return Object.fromEntries(rows.map(({ name, held }) => [name, held]))
}
