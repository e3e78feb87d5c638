import type { Database } from './connection.ts'
import { and, asc, desc, eq, isNotNull, isNull, ne, sql } from './drizzle.ts'
import { accounts, deliveries, incidents, notices, webhooks } from './schema.ts'

type Reports = ReturnType<typeof createIncidentReports>
export type IncidentRow = Awaited<ReturnType<Reports['closedIncidents']>>[number]
export type Refusal = Awaited<ReturnType<Reports['refusals']>>[number]
export type DeliveryRow = Awaited<ReturnType<Reports['deliveries']>>[number]

/** How far back the pages look for what has no index of its own. */
const NEWEST = 1000
/** More OAuth clients than anybody has. */
const MOST_REFUSALS = 10

const incidentColumns = {
  id: incidents.id,
  kind: incidents.kind,
  subject: incidents.subject,
  failure: incidents.failure,
  words: incidents.words,
  openedAt: incidents.openedAt,
  closedAt: incidents.closedAt,
}

/** What the pages read of incidents and of the messages that told of them. */
export function createIncidentReports(db: Database) {
  return {
    /** The OAuth clients that Google refuses now, and that Google itself fails. Of the open incidents alone, which have an index. */
    refusals() {
      return db
        .select(incidentColumns)
        .from(incidents)
        .where(and(isNull(incidents.closedAt), ne(incidents.kind, 'needs_reauth')))
        .orderBy(asc(incidents.openedAt))
        .limit(MOST_REFUSALS)
    },

    /** What concerns many accounts first; then the newest. `open` counts those left out too. */
    async openIncidents(limit: number) {
      const rows = await db
        .select({ ...about(), open: sql<number>`(count(*) over ())::int` })
        .from(incidents)
        .leftJoin(accounts, eq(accounts.id, incidents.accountId))
        .where(isNull(incidents.closedAt))
        .orderBy(sql`${incidents.kind} <> 'needs_reauth' desc`, desc(incidents.id))
        .limit(limit)
      return { rows: rows.map(({ open: _, ...row }) => row), open: rows[0]?.open ?? 0 }
    },

    /** The last that were over, among the newest of those that are. */
    closedIncidents(limit: number) {
      const newest = db
        .select({ ...incidentColumns, accountId: incidents.accountId })
        .from(incidents)
        .where(isNotNull(incidents.closedAt))
        .orderBy(desc(incidents.id))
        .limit(NEWEST)
        .as('newest')
      const { accountId, ...incident } = newest._.selectedFields
      return db
        .select({ incident, account: { id: accounts.id, email: accounts.email } })
        .from(newest)
        .leftJoin(accounts, eq(accounts.id, accountId))
        .orderBy(desc(newest.closedAt), desc(newest.id))
        .limit(limit)
    },

    /** Those that failed first, then the newest; with the first notice of each. */
    async deliveries(limit: number) {
      const newest = db.select().from(deliveries).orderBy(desc(deliveries.id)).limit(NEWEST).as('newest')
      const shown = db
        .select()
        .from(newest)
        .orderBy(sql`${newest.state} = 'failed' desc`, desc(newest.id))
        .limit(limit)
        .as('shown')
      const rows = await db
        .select({
          id: shown.id,
          state: shown.state,
          failure: shown.failure,
          createdAt: shown.createdAt,
          endedAt: shown.endedAt,
          webhookHost: webhooks.host,
          /** Of one that is under way: why it waits, or how its last try went wrong. */
          waitingFor: sql<string | null>`(select waiting_for from tasks where delivery_id = ${shown.id})`,
          notices: sql<number>`(select count(*)::int from notices where delivery_id = ${shown.id})`,
          edge: notices.edge,
          ...about(),
        })
        .from(shown)
        .leftJoin(webhooks, eq(webhooks.id, shown.webhookId))
        .leftJoin(notices, eq(notices.id, sql`(select min(id) from notices where delivery_id = ${shown.id})`))
        .leftJoin(incidents, eq(incidents.id, notices.incidentId))
        .leftJoin(accounts, eq(accounts.id, incidents.accountId))
        .orderBy(sql`${shown.state} = 'failed' desc`, desc(shown.id))
      return rows.map(({ edge, incident, account, ...row }) => ({
        ...row,
        first: edge && incident && { edge, incident, account },
      }))
    },
  }
}

/** An incident as a notice of its beginning would tell it. */
function about() {
  return { incident: incidentColumns, account: { id: accounts.id, email: accounts.email } }
}
