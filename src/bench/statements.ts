import type { Sql } from 'postgres'

// Counted by Postgres itself, so that nothing stands between a worker and its database while it is timed.

/** Of the embedded Postgres: it counts statements from its start on. */
export const COUNTING = ["shared_preload_libraries = 'pg_stat_statements'", 'max_connections = 200']

/** `isQueues`: BullMQ asks it of its own tables. */
export type Statement = { calls: number; ms: number; text: string; isQueues: boolean }
export type StatementCounter = {
  reset(): Promise<void>
  /** What was executed since, by whomever, the most frequent first: begin and commit are statements too. */
  list(): Promise<Statement[]>
}

/** Null where the server does not count them. https://www.postgresql.org/docs/current/pgstatstatements.html */
export async function countStatements(admin: Sql): Promise<StatementCounter | null> {
  const [preloaded] = await admin`show shared_preload_libraries`
  if (!String(preloaded?.shared_preload_libraries).includes('pg_stat_statements')) return null
  await admin`create extension if not exists pg_stat_statements`
  const isQueues = await queuesOwn(admin)
  return {
    async reset() {
      await admin`select pg_stat_statements_reset()`
    },
    async list() {
      const rows = await admin<Omit<Statement, 'isQueues'>[]>`
        select calls::int, total_exec_time as ms, query as text
        from pg_stat_statements
        where dbid = (select oid from pg_database where datname = current_database())
          and query not like '%pg_stat_statements%'`
      const counted = rows.map((row) => ({ ...row, isQueues: isQueues(row.text) }))
      return [...counted, ends(counted)].toSorted((a, b) => b.calls - a.calls)
    },
  }
}

/** Knows the queue's statements by its functions, and by the tables that it alone has: both have a schema of their own. */
async function queuesOwn(admin: Sql): Promise<(text: string) => boolean> {
  const signs = await admin<{ sign: string }[]>`
    select proname || '[(]' as sign from pg_proc where pronamespace = 'bullmq'::regnamespace
    union
    select '(from|into|update) ' || tablename || ' ' from pg_tables
    where schemaname = 'bullmq' and tablename not in (select tablename from pg_tables where schemaname = 'public')`
  const pattern = new RegExp(`\\b(${signs.map(({ sign }) => sign).join('|')})`, 'i')
  return (text) => pattern.test(text)
}

export function countOf(statements: readonly Statement[]): number {
  return statements.reduce((sum, { calls }) => sum + calls, 0)
}

/** Of a prepared `commit` Postgres counts the first execution only; but each transaction that began has ended. */
function ends(counted: readonly Statement[]): Statement {
  const callsOf = (pattern: RegExp) =>
    counted.filter(({ text }) => pattern.test(text)).reduce((sum, { calls }) => sum + calls, 0)
  const calls = callsOf(/^begin\b/i) - callsOf(/^(commit|rollback)\b(?! to)/i)
  return { calls, ms: 0, text: 'commit or rollback', isQueues: false }
}
