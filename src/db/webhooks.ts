import { NoticeError } from '../domain/errors.ts'
import type { Database } from './connection.ts'
import { asc, eq, sql } from './drizzle.ts'
import { webhooks } from './schema.ts'
import { SealError, type Sealer, webhookContext } from './sealing.ts'

/** Its `url` is null where it can't be opened, as after its key was lost. */
export type Webhook = { id: number; host: string; url: string | null; createdAt: Date }

export type WebhookTarget = { url: string; secret: string }

export function createWebhooks(db: Database, sealer: Sealer) {
  const opened = (id: number, sealed: string): WebhookTarget | SealError => {
    try {
      return JSON.parse(sealer.open(sealed, webhookContext(id)))
    } catch (error) {
      if (error instanceof SealError) return error
      throw error
    }
  }

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
      return rows.map(({ id, host, sealed, createdAt }) => {
        const target = opened(id, sealed)
        return { id, host, url: target instanceof SealError ? null : target.url, createdAt }
      })
    },

    /**
     * Where a webhook is, and what it is signed with; null where it was removed.
     * @throws NoticeError where that can't be opened
     */
    async target(id: number): Promise<WebhookTarget | null> {
      const [row] = await db.select().from(webhooks).where(eq(webhooks.id, id))
      if (!row) return null
      const target = opened(id, row.sealed)
      if (target instanceof SealError)
        throw new NoticeError(
          `the webhook to ${row.host} can’t be opened (${target.message}): remove it and add it anew`,
        )
      return target
    },
  }
}
