import type { Database } from './connection.ts'
import { and, asc, eq, gt, inArray, sql } from './drizzle.ts'
import type { Message } from './messages.ts'
import { messages, tasks } from './schema.ts'

export type FoundMail = { messageId: string; threadId: string; rfcMessageId: string; sentAt: Date }

/** What is asked and written after a backup was restored, while nothing else runs. */
export function createRestore(db: Database) {
  return {
    /** What an account has still to send, as far as the backup knows. */
    unsentOf(senderId: number): Promise<Message[]> {
      return db
        .select()
        .from(messages)
        .where(and(eq(messages.senderId, senderId), inArray(messages.state, ['planned', 'sending'])))
        .orderBy(asc(messages.id))
    },

    /** Mails, from a message id on, that their recipients may have answered since: they were to be read yet. */
    async unread(after: number, limit: number): Promise<Message[]> {
      const rows = await db
        .select({ message: messages })
        .from(messages)
        .innerJoin(tasks, and(eq(tasks.messageId, messages.id), eq(tasks.kind, 'open')))
        .where(
          and(
            gt(messages.id, after),
            eq(messages.state, 'sent'),
            sql`not exists (select from messages reply where reply.in_reply_to = ${messages.id})`,
          ),
        )
        .orderBy(asc(messages.id))
        .limit(limit)
      return rows.map(({ message }) => message)
    },

    /** False where it was sent, or ended, already. */
    async markFound(id: number, found: FoundMail): Promise<boolean> {
      const marked = await db
        .update(messages)
        .set({ state: 'sent', ...columnsOf(found) })
        .where(and(eq(messages.id, id), inArray(messages.state, ['planned', 'sending'])))
        .returning({ id: messages.id })
      return marked.length > 0
    },

    /** A mail of which nobody can say: it counts as begun now, for limits and for who looks for it. */
    async markDoubtful(id: number, now: Date): Promise<Message | null> {
      const [doubtful] = await db
        .update(messages)
        .set({ sendStartedAt: sql`coalesce(${messages.sendStartedAt}, ${now.toISOString()})` })
        .where(and(eq(messages.id, id), eq(messages.state, 'unknown')))
        .returning()
      return doubtful ?? null
    },

    /** An answer of which the backup knows nothing. Null where it does. */
    async addReply(
      answered: Message,
      reply: Pick<Message, 'subject'> & { found: FoundMail },
    ): Promise<number | null> {
      const { conversationId, textKey, textSeed, turn, senderId, recipientId } = answered
      const [row] = await db
        .insert(messages)
        .values({
          conversationId,
          textKey,
          textSeed,
          turn: turn + 1,
          subject: reply.subject,
          senderId: recipientId,
          recipientId: senderId,
          inReplyTo: answered.id,
          state: 'sent',
          plannedFor: reply.found.sentAt,
          ...columnsOf(reply.found),
        })
        .onConflictDoNothing()
        .returning({ id: messages.id })
      return row?.id ?? null
    },

    /**
     * What an account has to send waits until `until`, and looks for a draft first that may have been left; so does what it
     * has to read, as it would answer. Who is planned by the day is not planned for `today` any more.
     */
    async holdBack(accountId: number, hold: { today: string; until: Date; reason: string }): Promise<void> {
      await db.execute(sql`
        update tasks set due_at = greatest(due_at, ${hold.until.toISOString()}), waiting_for = ${hold.reason},
          handout = greatest(handout, 1), lease_until = null, started_by = null
        where account_id = ${accountId} and kind in ('send', 'reply', 'open')`)
      await db.execute(sql`
        update accounts set last_planned_on = greatest(last_planned_on, ${hold.today}::date)
        where id = ${accountId} and kind = 'warmup'`)
    },

    async dropTasks(messageIds: readonly number[]): Promise<void> {
      if (messageIds.length > 0) await db.delete(tasks).where(inArray(tasks.messageId, [...messageIds]))
    },
  }
}

function columnsOf({ messageId, threadId, rfcMessageId, sentAt }: FoundMail) {
  return {
    gmailMessageId: messageId,
    gmailThreadId: threadId,
    rfcMessageId,
    sendStartedAt: sentAt,
    sentAt,
  }
}
