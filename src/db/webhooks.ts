import type { Database } from './connection.ts'
import { asc, eq, sql } from './drizzle.ts'
import { webhooks } from './schema.ts'
import { type Sealer, webhookContext } from './sealing.ts'

export type Webhook = { id: number; url: string; createdAt: Date }

export function createWebhooks(db: Database, sealer: Sealer) {
  return {
    /** Until the end of the transaction nobody else adds one: what is decided about their number holds. */
    async lock(): Promise<void> {
      await db.execute(sql`select pg_advisory_xact_lock(hashtext('kindling:webhooks'))`)
    },

    /** Runs in the caller's transaction: the secret is bound to the id that the row gets. */
    async add(url: string, secret: string, now: Date): Promise<number> {
      const [row] = await db
        .insert(webhooks)
        .values({ url, secret: '', createdAt: now })
        .returning({ id: webhooks.id })
      const { id } = row as { id: number }
      await db
        .update(webhooks)
        .set({ secret: sealer.seal(secret, webhookContext(id)) })
        .where(eq(webhooks.id, id))
      return id
    },

    /** Takes along what was still to be delivered to it. */
    async remove(id: number): Promise<boolean> {
      const removed = await db.delete(webhooks).where(eq(webhooks.id, id)).returning({ id: webhooks.id })
      return removed.length > 0
    },

    all(): Promise<Webhook[]> {
      return db
        .select({ id: webhooks.id, url: webhooks.url, createdAt: webhooks.createdAt })
        .from(webhooks)
        .orderBy(asc(webhooks.id))
    },

    /** Where a webhook is, and what it is signed with; null where it was removed. */
    async target(id: number): Promise<{ url: string; secret: string } | null> {
      const [row] = await db
        .select({ url: webhooks.url, secret: webhooks.secret })
        .from(webhooks)
        .where(eq(webhooks.id, id))
      return row ? { url: row.url, secret: sealer.open(row.secret, webhookContext(id)) } : null
    },
  }
}
