import type { NewEvent } from '../domain/events.ts'
import type { Database } from './connection.ts'
import type { Increments } from './counts.ts'
import { instant } from './database-time.ts'
import { sql } from './drizzle.ts'
import type { Message, PlannedMessage } from './messages.ts'
import type { Holder } from './sends.ts'

/** What has been done with a mail in its recipient's mailbox. */
export type Engagement = {
  now: Date
  /** Times stay as they are where they are left out. */
  rescuedAt?: Date | undefined
  openedAt?: Date | undefined
  handledAt?: Date | undefined
  counted: Increments
  events: Pick<NewEvent, 'kind' | 'data'>[]
  /** The answer that follows from it, and with it its task. */
  reply: PlannedMessage | null
}

/** What recipients did, each time with all that follows from it in a single statement. */
export function createEngagements(db: Database) {
  return {
    /**
     * Ends the task, or puts it off, and keeps what was done with it; nothing of it where the task is no longer this owner's.
     */
    async record(
      { id, recipientId }: Message,
      { now, counted, events, reply, ...times }: Engagement,
      { taskId, owner }: Holder,
      putOff: { at: Date; reason: string } | null,
    ): Promise<void> {
      const mine = sql`id = ${taskId} and started_by = ${owner}`
      const task = putOff
        ? sql`update tasks set started_by = null, lease_until = null, errors = 0, due_at = ${instant(putOff.at)},
            waiting_for = ${putOff.reason} where ${mine} returning id`
        : sql`delete from tasks where ${mine} returning id`
      const time = (name: 'rescuedAt' | 'openedAt' | 'handledAt') => times[name]?.toISOString() ?? null
      const of = (name: keyof Increments) => counted[name] ?? 0
      await db.execute(sql`
        with task as (${task}), done as (
          update messages set rescued_at = coalesce(${time('rescuedAt')}::timestamptz, rescued_at),
            opened_at = coalesce(${time('openedAt')}::timestamptz, opened_at),
            handled_at = coalesce(${time('handledAt')}::timestamptz, handled_at)
          from task where messages.id = ${id}
        ), counted as (
          update account_counts set opened = opened + ${of('opened')}, rescued = rescued + ${of('rescued')},
            moved_to_primary = moved_to_primary + ${of('movedToPrimary')},
            marked_important = marked_important + ${of('markedImportant')}, starred = starred + ${of('starred')}
          from task where account_id = ${recipientId}
        ), told as (
          insert into events (kind, at, account_id, message_id, data)
          select said->>'kind', ${instant(now)}, ${recipientId}, ${id}, coalesce(said->'data', '{}')
          from task, json_array_elements(${JSON.stringify(events)}::json) with ordinality as e (said, nr)
          order by nr
        )${reply ? sql`, ${answer(reply)}` : sql``}
        select from task`)
    },
  }
}

function answer(reply: PlannedMessage) {
  return sql`reply as (
      insert into messages (conversation_id, text_key, text_seed, turn, subject, sender_id, recipient_id, in_reply_to, planned_for, rfc_message_id)
      select ${reply.conversationId}, ${reply.textKey}, ${reply.textSeed}::int, ${reply.turn}::int, ${reply.subject},
        ${reply.senderId}::bigint, ${reply.recipientId}::bigint, ${reply.inReplyTo}::bigint, ${instant(reply.plannedFor)}, ${reply.rfcMessageId}
      from task
      on conflict do nothing
      returning id, sender_id, planned_for
    ), writing as (
      insert into tasks (kind, account_id, message_id, due_at) select 'reply', sender_id, id, planned_for from reply
    )`
}
