import type { IncidentKind, NoticeEdge } from '../domain/incident.ts'
import type { TokenFailure } from '../domain/token-failure.ts'
import type { Database } from './connection.ts'
import { and, asc, eq, inArray, sql } from './drizzle.ts'
import { accounts, deliveries, incidents, notices, tasks } from './schema.ts'

export type Delivery = typeof deliveries.$inferSelect
/** One line of a delivery. */
export type DeliveredNotice = {
  edge: NoticeEdge
  incident: {
    id: number
    kind: IncidentKind
    subject: string
    failure: TokenFailure
    words: string
    openedAt: Date
    closedAt: Date | null
  }
  account: { id: number; email: string } | null
}
export type Channel = { channel: 'mail'; webhookId: null } | { channel: 'webhook'; webhookId: number }

export function createDeliveries(db: Database) {
  return {
    /**
     * Puts a notice into the delivery that each channel collects, with the task that sends it once `dueAt` has come. An
     * incident's edge is told once a channel, however often it is added. Runs in the caller's transaction.
     */
    async add(
      notice: { incidentId: number; edge: NoticeEdge },
      channels: readonly Channel[],
      { now, dueAt }: { now: Date; dueAt: Date },
    ): Promise<void> {
      for (const channel of channels) {
        // The empty update locks the row, so that the delivery does not leave without this notice.
        const [delivery] = await db.execute<{ id: number }>(sql`
          insert into deliveries (channel, webhook_id, created_at)
          values (${channel.channel}, ${channel.webhookId}, ${now.toISOString()})
          on conflict (channel, coalesce(webhook_id, 0)) where state = 'collecting' do update set state = 'collecting'
          returning id::int`)
        const deliveryId = (delivery as { id: number }).id
        await db
          .insert(notices)
          .values({ ...notice, ...channel, deliveryId })
          .onConflictDoNothing()
        await db.insert(tasks).values({ kind: 'notify', deliveryId, dueAt }).onConflictDoNothing()
      }
    },

    /** Fixes what a delivery says, and returns it; null where it is over or its webhook was removed. */
    async begin(id: number): Promise<{ delivery: Delivery; notices: DeliveredNotice[] } | null> {
      const [delivery] = await db
        .update(deliveries)
        .set({ state: 'sending' })
        .where(and(eq(deliveries.id, id), inArray(deliveries.state, ['collecting', 'sending'])))
        .returning()
      if (!delivery) return null
      const rows = await db
        .select({
          edge: notices.edge,
          incident: {
            id: incidents.id,
            kind: incidents.kind,
            subject: incidents.subject,
            failure: incidents.failure,
            words: incidents.words,
            openedAt: incidents.openedAt,
            closedAt: incidents.closedAt,
          },
          account: { id: accounts.id, email: accounts.email },
        })
        .from(notices)
        .innerJoin(incidents, eq(incidents.id, notices.incidentId))
        .leftJoin(accounts, eq(accounts.id, incidents.accountId))
        .where(eq(notices.deliveryId, id))
        .orderBy(asc(notices.id))
      return { delivery, notices: rows }
    },

    async end(id: number, state: 'delivered' | 'failed', now: Date, failure: string | null = null) {
      await db.update(deliveries).set({ state, failure, endedAt: now }).where(eq(deliveries.id, id))
    },
  }
}
