import type { Database } from './connection.ts'
import { instant } from './database-time.ts'
import { sql } from './drizzle.ts'
import type { Message } from './messages.ts'
import { type SendingFacts, sendingSettings } from './started-task.ts'

export type Holder = { taskId: number; owner: string }
export type Draft = { draftId: string; threadId: string }
export type SentMail = {
  messageId: string
  threadId: string
  /** The Message-ID that it really bears; null where that could not be read yet. */
  rfcMessageId: string | null
  now: Date
  /** The day that it is for its sender. */
  day: string
  /** When its recipient gets to it. */
  opensAt: Date
}

/** The two commits of a send, each a single statement. */
export function createSends(db: Database) {
  return {
    /**
     * The draft exists; from here on Gmail may have sent it. False where what the permission rests on holds no more: sending
     * is stopped, the account's settings or status have changed, it has begun another send, or the run has lost its task.
     *
     * Rows are locked in the order in which everybody locks them, and looked at again once they are: a stop or a change
     * that is being made is waited for, and what is kept after it is refused.
     */
    async begin(
      message: Message,
      { draftId, threadId, now }: Draft & { now: Date },
      facts: SendingFacts,
      { taskId, owner }: Holder,
    ): Promise<boolean> {
      const begun = await db.execute(sql`
        with running as materialized (
          select from engine_settings where stopped_at is null for share
        ), sender as materialized (
          select a.id from accounts a, running where a.id = ${message.senderId} and ${sendingSettings} = ${facts.settings} for share of a
        ), counted as (
          update account_counts c set begun = c.begun + 1 from sender, tasks t
          where c.account_id = sender.id and c.begun = ${facts.begun} and t.id = ${taskId} and t.started_by = ${owner}
          returning c.account_id
        )
        update messages m
        set state = 'sending', gmail_draft_id = ${draftId}, gmail_thread_id = ${threadId}, send_started_at = ${instant(now)}
        from counted
        where m.id = ${message.id} and (m.state = 'planned' or (m.state = 'sending' and m.gmail_draft_id = ${draftId}))
        returning m.id`)
      return begun.length > 0
    },

    /**
     * Gmail has sent it: the fact, once, with all that follows from it. Where nothing is left to do, its task ends with it.
     */
    async record(
      message: Message,
      { messageId, threadId, rfcMessageId, now, day, opensAt }: SentMail,
      over: Holder | null,
    ): Promise<void> {
      const replies = message.inReplyTo === null ? 0 : 1
      const end = over
        ? sql`delete from tasks where id = ${over.taskId} and started_by = ${over.owner}`
        : sql`select from sent`
      await db.execute(sql`
        with sent as (
          update messages
          set state = 'sent', gmail_message_id = ${messageId}, gmail_thread_id = ${threadId}, sent_at = ${instant(now)},
            rfc_message_id = coalesce(${rfcMessageId}, rfc_message_id)
          where id = ${message.id} and state in ('sending', 'unknown')
          returning id, sender_id, recipient_id
        ), counted as (
          update account_counts c set sent = c.sent + 1, answered = c.answered + ${replies} from sent
          where c.account_id = sent.sender_id
          returning c.account_id
        ), on_its_day as (
          insert into account_days as d (account_id, day, sent, replies)
          select account_id, ${day}::date, 1, ${replies}::int from counted
          on conflict (account_id, day) do update set sent = d.sent + 1, replies = d.replies + excluded.replies
        ), told as (
          insert into events (kind, at, account_id, message_id) select 'sent', ${instant(now)}, sender_id, id from sent
        ), expected as (
          insert into tasks (kind, account_id, message_id, due_at)
          select 'open', recipient_id, id, ${instant(opensAt)} from sent
          on conflict do nothing
        )
        ${end}`)
    },
  }
}
