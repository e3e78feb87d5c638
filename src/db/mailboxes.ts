import type { Database } from './connection.ts'
import { eq, sql } from './drizzle.ts'
import { mailboxes } from './inbox-schema.ts'

export type Mailbox = typeof mailboxes.$inferSelect
export type FetchSettings = Pick<Mailbox, 'everyMinutes' | 'filter' | 'keepsBodies'>

export function createMailboxes(db: Database) {
  return {
    async ofAccount(accountId: number): Promise<Mailbox | null> {
      const [row] = await db.select().from(mailboxes).where(eq(mailboxes.accountId, accountId))
      return row ?? null
    },

    /** From now on its mail is fetched; where it was before, that goes on where it stood. Returns how often. */
    async open(accountId: number, everyMinutes: number | null, now: Date): Promise<number | null> {
      const [row] = await db
        .insert(mailboxes)
        .values({ accountId, everyMinutes, fetchedAt: now })
        .onConflictDoUpdate({ target: mailboxes.accountId, set: { accountId } })
        .returning({ everyMinutes: mailboxes.everyMinutes })
      return row?.everyMinutes ?? null
    },

    /** Nothing of what is fetched from then on was before: who was removed and comes back begins anew. */
    async forget(accountId: number): Promise<void> {
      await db.delete(mailboxes).where(eq(mailboxes.accountId, accountId))
    },

    async updateSettings(accountId: number, settings: FetchSettings): Promise<boolean> {
      const updated = await db
        .update(mailboxes)
        .set(settings)
        .where(eq(mailboxes.accountId, accountId))
        .returning({ id: mailboxes.accountId })
      return updated.length > 0
    },

    /**
     * Google tells that something has changed: the next fetch is brought forward, and where one is under way, the one after
     * it follows at once. Of an account whose mail is not fetched, nothing. Returns how many accounts that was.
     */
    async notified(email: string, historyId: string, now: Date): Promise<number> {
      const brought = await db.execute(sql`
        with notified as (
          update mailboxes b set notified_id = greatest(b.notified_id::numeric, ${historyId}::numeric)::text
          from accounts a
          where a.id = b.account_id and lower(a.email) = lower(${email}) and a.status <> 'removed'
            and b.every_minutes is not null
          returning b.account_id
        )
        update tasks t set due_at = least(t.due_at, ${now.toISOString()}::timestamptz)
        from notified n where t.kind = 'sync' and t.account_id = n.account_id
        returning t.id`)
      return brought.length
    },
  }
}
