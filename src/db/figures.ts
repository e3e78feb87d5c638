import type { StoreFigures } from '../domain/figures.ts'
import type { Database } from './connection.ts'
import { sql } from './drizzle.ts'
import { runs } from './tasks.ts'

const DUE = (now: Date) => sql`t.due_at <= ${now.toISOString()} and ${runs}
  and not (t.started_by is not null and t.lease_until >= clock_timestamp())`

/** What whoever watches over the app asks of the database every few seconds: by indexes, and never of history. */
export function createFigures(db: Database) {
  return {
    async all(now: Date): Promise<StoreFigures> {
      const [accounts, [unknown], due] = await Promise.all([
        db.execute<StoreFigures['accounts'][number]>(
          sql`select kind, status, count(*)::int as count from accounts group by kind, status`,
        ),
        db.execute<{ count: number }>(
          sql`select count(*)::int as count from messages where state = 'unknown'`,
        ),
        db.execute<{ kind: StoreFigures['due'][number]['kind']; count: number; oldest: string }>(sql`
          select t.kind, count(*)::int as count, min(t.due_at) as oldest
          from tasks t left join accounts a on a.id = t.account_id
          where ${DUE(now)} group by t.kind`),
      ])
      return {
        accounts: [...accounts],
        unknownSends: unknown?.count ?? 0,
        due: due.map(({ oldest, ...row }) => ({ ...row, oldest: new Date(oldest) })),
      }
    },

    /** When the longest due of the tasks that nobody has begun was due; null where none is. */
    async oldestDue(now: Date): Promise<Date | null> {
      const [row] = await db.execute<{ dueAt: string }>(sql`
        select t.due_at as "dueAt" from tasks t left join accounts a on a.id = t.account_id
        where ${DUE(now)} order by t.due_at limit 1`)
      return row ? new Date(row.dueAt) : null
    },
  }
}
