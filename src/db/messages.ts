import type { SQL } from 'drizzle-orm'
import type { PlanReason } from '../domain/plan-day.ts'
import type { Database } from './connection.ts'
import { and, asc, eq, gte, inArray, not, sql } from './drizzle.ts'
import { messages, tasks } from './schema.ts'

export type Message = typeof messages.$inferSelect
export type PlannedMessage = Pick<
  Message,
  | 'conversationId'
  | 'textKey'
  | 'textSeed'
  | 'turn'
  | 'subject'
  | 'senderId'
  | 'recipientId'
  | 'plannedFor'
  | 'rfcMessageId'
> & { inReplyTo?: number; planFacts?: PlanReason }

export function createMessages(db: Database) {
  const inState = (id: number, ...states: Message['state'][]) =>
    and(eq(messages.id, id), inArray(messages.state, states))

  return {
    async byId(id: number): Promise<Message | null> {
      const [row] = await db.select().from(messages).where(eq(messages.id, id))
      return row ?? null
    },

    async plan(planned: readonly PlannedMessage[]): Promise<{ id: number; plannedFor: Date }[]> {
      if (planned.length === 0) return []
      return db
        .insert(messages)
        .values([...planned])
        .onConflictDoNothing()
        .returning({ id: messages.id, plannedFor: messages.plannedFor })
    },

    conversation(conversationId: string): Promise<Message[]> {
      return db
        .select()
        .from(messages)
        .where(eq(messages.conversationId, conversationId))
        .orderBy(asc(messages.turn))
    },

    /** What the account sent, or may have sent, since `dayStart`; and when it sent last, ever. */
    async sentSince(
      senderId: number,
      dayStart: Date,
    ): Promise<{ sentToday: number; openingsToday: number; lastSentAt: Date | null }> {
      const isOurs = eq(messages.senderId, senderId)
      const last = db
        .select({ at: sql`max(${messages.sendStartedAt})` })
        .from(messages)
        .where(isOurs)
      const [row] = await db
        .select({
          sentToday: sql<number>`count(*)::int`,
          openingsToday: sql<number>`(count(*) filter (where ${messages.turn} = 1))::int`,
          lastSentAt: sql`(${last})`.mapWith(messages.sendStartedAt),
        })
        .from(messages)
        .where(and(isOurs, gte(messages.sendStartedAt, dayStart)))
      return row ?? { sentToday: 0, openingsToday: 0, lastSentAt: null }
    },

    /** What the account has been given to send and has not begun to. */
    async waiting(senderId: number): Promise<{ openings: number; replies: number }> {
      const [row] = await db
        .select({
          openings: sql<number>`(count(*) filter (where ${messages.turn} = 1))::int`,
          replies: sql<number>`(count(*) filter (where ${messages.turn} > 1))::int`,
        })
        .from(messages)
        .where(and(eq(messages.senderId, senderId), sql`${messages.state} = 'planned'`))
      return row ?? { openings: 0, replies: 0 }
    },

    async confirmRfcMessageId(id: number, rfcMessageId: string): Promise<void> {
      await db.update(messages).set({ rfcMessageId }).where(eq(messages.id, id))
    },

    /** Ends a message that was not sent, or of which nobody can say. */
    async end(id: number, state: 'failed' | 'unknown' | 'cancelled', failure: string): Promise<boolean> {
      const ended = await db
        .update(messages)
        .set({ state, failure, ...(state === 'unknown' ? {} : { sendStartedAt: null }) })
        .where(inState(id, 'planned', 'sending'))
        .returning({ id: messages.id })
      return ended.length > 0
    },

    /** Withdraws the answer to a message, if there is one that is not being sent yet. Returns its id. */
    async dropReplyTo(id: number, failure: string): Promise<number | null> {
      const [dropped] = await db
        .update(messages)
        .set({ state: 'cancelled', failure })
        .where(and(eq(messages.inReplyTo, id), eq(messages.state, 'planned')))
        .returning({ id: messages.id })
      return dropped?.id ?? null
    },

    /** Gives up what an account has begun to send: nobody will be able to look into its mailbox any more. */
    async abandonSendingOf(senderId: number, failure: string): Promise<number[]> {
      const left = await db
        .update(messages)
        .set({ state: 'unknown', failure })
        .where(and(eq(messages.senderId, senderId), eq(messages.state, 'sending')))
        .returning({ id: messages.id })
      return left.map(({ id }) => id)
    },

    /** Withdraws the conversations that an account was to begin and nobody is at work on. */
    withdrawOpeningsOf(senderId: number, failure: string): Promise<Message[]> {
      const isTouched = sql`exists (select from ${tasks} where ${tasks.messageId} = ${messages.id}
        and ${tasks.startedBy} is not null and ${tasks.leaseUntil} >= clock_timestamp())`
      return withdraw(and(eq(messages.senderId, senderId), eq(messages.turn, 1), not(isTouched)), failure)
    },

    /** Withdraws what an account has not begun to send, and what nobody has begun to send it. */
    async cancelUnsentOf(accountId: number, failure: string): Promise<number> {
      const isParty = sql`(${messages.senderId} = ${accountId} or ${messages.recipientId} = ${accountId})`
      return (await withdraw(isParty, failure)).length
    },
  }

  async function withdraw(which: SQL | undefined, failure: string): Promise<Message[]> {
    const withdrawn = await db
      .update(messages)
      .set({ state: 'cancelled', failure })
      .where(and(sql`${messages.state} = 'planned'`, which))
      .returning()
    const ids = withdrawn.map(({ id }) => id)
    if (ids.length > 0) await db.delete(tasks).where(inArray(tasks.messageId, ids))
    return withdrawn
  }
}
