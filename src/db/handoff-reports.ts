import type { Database } from './connection.ts'
import { and, asc, desc, eq, getTableColumns, inArray, lt, sql } from './drizzle.ts'
import { emailMessages, handoffs, mailRoutes } from './inbox-schema.ts'
import { accounts } from './schema.ts'

export type HandoffRow = Awaited<ReturnType<HandoffReports['handoffsOf']>>[number]
export type RouteRow = Awaited<ReturnType<HandoffReports['routes']>>[number]
export type DeadLetterRow = Awaited<ReturnType<HandoffReports['deadLetters']>>[number]
type HandoffReports = ReturnType<typeof createHandoffReports>

/** What the pages read of routes, and of the mail that is handed to them. */
export function createHandoffReports(db: Database) {
  return {
    /** To which routes some mails go or went. */
    async handoffsOf(mailIds: readonly number[]) {
      if (mailIds.length === 0) return []
      const { emailMessageId: mailId, state, failure } = handoffs
      return db
        .select({ mailId, state, failure, route: mailRoutes.name })
        .from(handoffs)
        .innerJoin(mailRoutes, eq(mailRoutes.id, handoffs.routeId))
        .where(inArray(handoffs.emailMessageId, [...mailIds]))
        .orderBy(asc(handoffs.id))
    },

    /** The routes, each with how many mails wait for it and how many were given up, of each `most` in all. */
    routes(most: number) {
      const { sealed: _, ...columns } = getTableColumns(mailRoutes)
      // Each half is read from the partial index of its state.
      const counts = sql`(select route_id, (count(*) filter (where waits))::int as waiting, (count(*) filter (where not waits))::int as dead
        from (
          (select route_id, true as waits from handoffs where state = 'waiting' limit ${most}) union all
          (select route_id, false from handoffs where state = 'dead' limit ${most})
        ) counted group by route_id) counts`
      return db
        .select({
          ...columns,
          account: accounts.email,
          waiting: sql<number>`coalesce(counts.waiting, 0)`,
          dead: sql<number>`coalesce(counts.dead, 0)`,
        })
        .from(mailRoutes)
        .leftJoin(accounts, eq(accounts.id, mailRoutes.accountId))
        .leftJoin(counts, sql`counts.route_id = ${mailRoutes.id}`)
        .orderBy(asc(mailRoutes.id))
    },

    /** What was given up, the newest first; `before`: the id that the page before ended with. */
    deadLetters({ limit, before }: { limit: number; before: number | null }) {
      const { id, tries, failure, endedAt } = handoffs
      return db
        .select({
          ...{ id, tries, failure, endedAt },
          account: { id: accounts.id, email: accounts.email },
          mail: { subject: emailMessages.subject, sender: emailMessages.sender },
          route: { id: mailRoutes.id, name: mailRoutes.name },
        })
        .from(handoffs)
        .innerJoin(mailRoutes, eq(mailRoutes.id, handoffs.routeId))
        .innerJoin(emailMessages, eq(emailMessages.id, handoffs.emailMessageId))
        .innerJoin(accounts, eq(accounts.id, handoffs.accountId))
        .where(and(sql`${handoffs.state} = 'dead'`, before === null ? undefined : lt(handoffs.id, before)))
        .orderBy(desc(handoffs.id))
        .limit(limit)
    },

    /** The account and the route of a mail that is handed on. */
    async handoff(id: number): Promise<{ accountId: number; route: string } | null> {
      const [row] = await db
        .select({ accountId: handoffs.accountId, route: mailRoutes.name })
        .from(handoffs)
        .innerJoin(mailRoutes, eq(mailRoutes.id, handoffs.routeId))
        .where(eq(handoffs.id, id))
      return row ?? null
    },
  }
}
