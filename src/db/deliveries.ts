import type { NoticeEdge } from '../domain/incident.ts'
import type { Notice } from '../domain/notice-text.ts'
import type { Database } from './connection.ts'
import { and, asc, eq, inArray, lt, ne, sql } from './drizzle.ts'
import { accounts, deliveries, incidents, notices, tasks } from './schema.ts'

export type Delivery = typeof deliveries.$inferSelect
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
          ${recipient(channel, now)}
          on conflict (channel, coalesce(webhook_id, 0)) where state = 'collecting' do update set state = 'collecting'
          returning id::int`)
        if (!delivery) continue
        const deliveryId = delivery.id
        await db
          .insert(notices)
          .values({ ...notice, ...channel, deliveryId })
          .onConflictDoNothing()
        await db.insert(tasks).values({ kind: 'notify', deliveryId, dueAt }).onConflictDoNothing()
      }
    },

    /**
     * When the oldest delivery of the same channel that is still under way is tried next; null where none is older. One
     * that no task sends any more is not waited for.
     */
    async turnBefore(id: number): Promise<Date | null> {
      const [older] = await db
        .select({ dueAt: tasks.dueAt })
        .from(tasks)
        .innerJoin(deliveries, eq(deliveries.id, tasks.deliveryId))
        .where(
          and(
            lt(tasks.deliveryId, id),
            inArray(deliveries.state, ['collecting', 'sending']),
            sql`(${deliveries.channel}, coalesce(${deliveries.webhookId}, 0)) =
              (select channel, coalesce(webhook_id, 0) from deliveries where id = ${id})`,
          ),
        )
        .orderBy(asc(tasks.deliveryId))
        .limit(1)
      return older?.dueAt ?? null
    },

    /** Fixes what a delivery says, and returns it; null where it is over or its webhook was removed. */
    async begin(id: number): Promise<{ delivery: Delivery; notices: Notice[] } | null> {
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

    /** What was delivered stays so, whatever becomes of a second run. */
    async end(id: number, state: 'delivered' | 'failed', now: Date, failure: string | null = null) {
      await db
        .update(deliveries)
        .set({ state, failure, endedAt: now })
        .where(and(eq(deliveries.id, id), ne(deliveries.state, 'delivered')))
    },

    /** Tries a failed delivery anew, as it was. False where it has not failed. Runs in the caller's transaction. */
    async revive(id: number, now: Date): Promise<boolean> {
      const revived = await db
        .update(deliveries)
        .set({ state: 'sending', failure: null, endedAt: null })
        .where(and(eq(deliveries.id, id), eq(deliveries.state, 'failed')))
        .returning({ id: deliveries.id })
      if (revived.length > 0) await db.insert(tasks).values({ kind: 'notify', deliveryId: id, dueAt: now })
      return revived.length > 0
    },
  }
}

/** A webhook is held until the transaction ends; one that was just removed yields no row, and is told nothing. */
function recipient({ channel, webhookId }: Channel, now: Date) {
  const at = now.toISOString()
  return channel === 'mail'
    ? sql`values ('mail', null::bigint, ${at}::timestamptz)`
    : sql`select 'webhook', id, ${at}::timestamptz from webhooks where id = ${webhookId} for key share`
}
