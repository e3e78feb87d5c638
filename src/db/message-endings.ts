import type { StateBefore } from '../domain/transitions.ts'
import type { LookResult } from '../domain/unknown-send.ts'
import type { Database } from './connection.ts'
import { and, eq, isNotNull, ne, sql } from './drizzle.ts'
import type { Message } from './messages.ts'
import { accounts, messages, tasks } from './schema.ts'

/** What begins anew has none of what its first life left behind. */
const ANEW = {
  state: 'planned',
  failure: null,
  sendStartedAt: null,
  lookedAt: null,
  lookSaw: null,
  lookFailure: null,
  resendWishedAt: null,
} as const

/** Mail that ended badly, and what becomes of it. */
export function createMessageEndings(db: Database) {
  const inState = (id: number, state: Message['state']) =>
    and(eq(messages.id, id), sql`${messages.state} = ${state}`)

  return {
    /** What is decided about the message until the end of the transaction is decided once. */
    async lock(id: number): Promise<Message | null> {
      const [row] = await db.select().from(messages).where(eq(messages.id, id)).for('no key update')
      return row ?? null
    },

    /** What was seen of an unknown mail at `now`; the message as it is then, or null where it is unknown no more. */
    async recordLook(
      id: number,
      { saw, failure = null, now }: { saw: LookResult; failure?: string | null; now: Date },
    ): Promise<Message | null> {
      const [row] = await db
        .update(messages)
        .set({ lookedAt: now, lookSaw: saw, lookFailure: failure })
        .where(inState(id, 'unknown'))
        .returning()
      return row ?? null
    },

    /** The operator wants an unknown mail to be sent again; null: no longer. */
    async wishResend(id: number, now: Date | null): Promise<boolean> {
      const changed = await db
        .update(messages)
        .set({ resendWishedAt: now })
        .where(inState(id, 'unknown'))
        .returning({ id: messages.id })
      return changed.length > 0
    },

    /**
     * Plans a mail anew that was not sent. `fresh`: the Message-ID that it is sent under, where its draft is gone; else it
     * keeps its draft, which Gmail sends once at most, and its Message-ID. False where it is no longer in that state.
     */
    async planAgain(
      id: number,
      { from, fresh, now }: { from: StateBefore<'planned'>; fresh: string | null; now: Date },
    ): Promise<boolean> {
      const identity = fresh === null ? {} : { rfcMessageId: fresh, gmailDraftId: null, gmailThreadId: null }
      const planned = await db
        .update(messages)
        .set({ ...ANEW, ...identity, plannedFor: now })
        .where(inState(id, from))
        .returning({ id: messages.id })
      return planned.length > 0
    },

    /** Gives an unknown mail up for good. It goes on counting against its day's limit, as it may have been sent. */
    async drop(id: number, failure: string): Promise<boolean> {
      const dropped = await db
        .update(messages)
        .set({ state: 'cancelled', failure, resendWishedAt: null })
        .where(inState(id, 'unknown'))
        .returning({ id: messages.id })
      return dropped.length > 0
    },

    /** Why nobody looks for a sent mail in its recipient's mailbox any more. */
    async giveUpOpening(id: number, failure: string): Promise<void> {
      await db.update(messages).set({ openFailure: failure }).where(eq(messages.id, id))
    },

    /** False where its recipient's task was not given up. */
    async openAgain(id: number): Promise<boolean> {
      const opened = await db
        .update(messages)
        .set({ openFailure: null })
        .where(and(eq(messages.id, id), isNotNull(messages.openFailure)))
        .returning({ id: messages.id })
      return opened.length > 0
    },

    /** Has every unknown mail looked for at `now`, but for those of removed accounts; how many those are. */
    async lookForAll(now: Date): Promise<number> {
      const unknown = db
        .select({
          kind: sql`'settle'`.as('kind'),
          accountId: messages.senderId,
          messageId: messages.id,
          dueAt: sql`${now.toISOString()}::timestamptz`.as('due_at'),
        })
        .from(messages)
        .innerJoin(accounts, and(eq(accounts.id, messages.senderId), ne(accounts.status, 'removed')))
        .where(sql`${messages.state} = 'unknown'`)
      const looks = await db.execute<{ id: number }>(sql`
        insert into tasks (kind, account_id, message_id, due_at) ${unknown}
        on conflict (kind, message_id) where message_id is not null
        do update set due_at = least(${tasks.dueAt}, excluded.due_at)
        returning id`)
      return looks.length
    },
  }
}
