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

    /** From now on its mail is fetched; where it was before, that goes on where it stood. */
    async open(accountId: number, everyMinutes: number | null, now: Date): Promise<void> {
      await db
        .insert(mailboxes)
        .values({ accountId, everyMinutes, fetchedAt: now })
        // Google stops notifying where a grant ends.
        .onConflictDoUpdate({ target: mailboxes.accountId, set: { watchAgainAt: null } })
    },

    /** Gmail's counts are those of another mailbox. */
    async forgetCounts(accountId: number): Promise<void> {
      await db
        .update(mailboxes)
        .set({ historyId: null, notifiedId: null })
        .where(eq(mailboxes.accountId, accountId))
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
     * Google tells that something has changed: the next fetch is brought forward, unless it is put off after a failure; and
     * where one is under way, the one after it follows at once. Of an account whose mail is not fetched, and of what has been
     * fetched already, nothing. Returns how many accounts that was. Tasks are locked before mailboxes, as who keeps a round does.
     */
    async notified(email: string, historyId: string, now: Date): Promise<number> {
      const brought = await db.execute(sql`
        with brought as (
          update tasks t set due_at = case when t.errors = 0 then least(t.due_at, ${now.toISOString()}::timestamptz) else t.due_at end
          from accounts a, mailboxes b
          where lower(a.email) = lower(${email}) and a.status <> 'removed' and b.account_id = a.id
            and b.every_minutes is not null and (b.history_id is null or b.history_id::numeric < ${historyId}::numeric)
            and t.account_id = a.id and t.kind = 'sync'
          returning t.account_id
        )
        update mailboxes b set notified_id = greatest(b.notified_id::numeric, ${historyId}::numeric)::text
        from brought where b.account_id = brought.account_id
        returning b.account_id`)
      return brought.length
    },
  }
}
