import type { Database } from './connection.ts'
import { asc, eq, sql } from './drizzle.ts'
import { webhooks } from './schema.ts'
import { type Sealer, webhookContext } from './sealing.ts'

export type Webhook = { id: number; url: string; createdAt: Date }

export type WebhookTarget = { url: string; secret: string }

export function createWebhooks(db: Database, sealer: Sealer) {
  const opened = (id: number, sealed: string) =>
    JSON.parse(sealer.open(sealed, webhookContext(id))) as WebhookTarget

  return {
    /** Until the end of the transaction nobody else adds one: what is decided about their number holds. */
    async lock(): Promise<void> {
      await db.execute(sql`select pg_advisory_xact_lock(hashtext('kindling:webhooks'))`)
    },

    /** Runs in the caller's transaction: what is sealed is bound to the id that the row gets. */
    async add(target: WebhookTarget, now: Date): Promise<number> {
      const [row] = await db
        .insert(webhooks)
        .values({ host: new URL(target.url).host, sealed: '', createdAt: now })
        .returning({ id: webhooks.id })
      const { id } = row as { id: number }
      const sealed = sealer.seal(JSON.stringify(target), webhookContext(id))
      await db.update(webhooks).set({ sealed }).where(eq(webhooks.id, id))
      return id
    },

    /** Takes along what was still to be delivered to it. */
    async remove(id: number): Promise<boolean> {
      const removed = await db.delete(webhooks).where(eq(webhooks.id, id)).returning({ id: webhooks.id })
      return removed.length > 0
    },

    async ids(): Promise<number[]> {
      const rows = await db.select({ id: webhooks.id }).from(webhooks).orderBy(asc(webhooks.id))
      return rows.map(({ id }) => id)
    },

    async all(): Promise<Webhook[]> {
      const rows = await db.select().from(webhooks).orderBy(asc(webhooks.id))
      return rows.map(({ id, sealed, createdAt }) => ({ id, url: opened(id, sealed).url, createdAt }))
    },

    /** Where a webhook is, and what it is signed with; null where it was removed. */
    async target(id: number): Promise<WebhookTarget | null> {
      const [row] = await db.select({ sealed: webhooks.sealed }).from(webhooks).where(eq(webhooks.id, id))
      return row ? opened(id, row.sealed) : null
    },
  }
}
