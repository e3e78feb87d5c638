import type { PgColumn } from 'drizzle-orm/pg-core'
import type { ClassifiedMail } from '../domain/inbox.ts'
import type { Database } from './connection.ts'
import { instant } from './database-time.ts'
import { and, eq, sql } from './drizzle.ts'
import { emailMessages } from './inbox-schema.ts'
import { messages } from './schema.ts'
import { emailContext, type Sealer } from './sealing.ts'
import type { Holder } from './sends.ts'

/** What a round of fetching came to. */
export type Round = {
  accountId: number
  mails: readonly ClassifiedMail[]
  /** Which of them go to which route, by their Gmail ids. */
  handoffs: readonly { gmailId: string; routeId: number }[]
  /** Up to which of Gmail's counts all is kept; null: unknown. */
  historyId: string | null
  /** The newest count that Google had notified of when the round began: of a newer one, the next round follows at once. */
  notifiedId: string | null
  /** How often it was to be fetched when the round began: with another interval, the next round follows at once. */
  everyMinutes: number
  /** Up to when all that came in is kept; null: as before. */
  fetchedAt: Date | null
  /** When Google is next asked to notify; null: as before. */
  watchAgainAt: Date | null
  now: Date
  /** The round after this one, and why it comes then. */
  next: { at: Date; reason: string }
}
/** A warmup mail that a mail is, or is about. */
export type WarmupMail = {
  id: number
  rfcMessageId: string
  senderId: number
  recipientId: number
}

/** As one parameter: a statement has 65,535 at most, and how many ids there are is up to whoever sends mail. */
const isOneOf = (column: PgColumn, ids: readonly string[]) =>
  sql`${column} = any(${sql.param([...ids])}::text[])`

export function createInbox(db: Database, sealer: Sealer) {
  return {
    /** Which of these mails are kept already. */
    async known(accountId: number, gmailIds: readonly string[]): Promise<Set<string>> {
      const rows = await db
        .select({ gmailId: emailMessages.gmailId })
        .from(emailMessages)
        .where(and(eq(emailMessages.accountId, accountId), isOneOf(emailMessages.gmailId, gmailIds)))
      return new Set(rows.map(({ gmailId }) => gmailId))
    },

    /** The warmup mails that bear these Message-IDs. */
    async warmupMails(rfcMessageIds: readonly string[]): Promise<WarmupMail[]> {
      if (rfcMessageIds.length === 0) return []
      return db
        .select({
          id: messages.id,
          rfcMessageId: messages.rfcMessageId,
          senderId: messages.senderId,
          recipientId: messages.recipientId,
        })
        .from(messages)
        .where(isOneOf(messages.rfcMessageId, rfcMessageIds))
    },

    /**
     * Keeps a round: the mails, each once and in their order, what is to be handed on of them, how far it has come, and
     * when the next one is due. All of it in one statement, and only while the run still holds its task.
     */
    async keep(round: Round, { taskId, owner }: Holder): Promise<boolean> {
      const {
        accountId,
        mails,
        handoffs,
        historyId,
        notifiedId,
        everyMinutes,
        fetchedAt,
        watchAgainAt,
        now,
        next,
      } = round
      const rows = mails.map(({ body, receivedAt, ...mail }, n) => ({
        ...mail,
        n,
        receivedAt: receivedAt.toISOString(),
        sealed: body && sealer.seal(body, emailContext(`${accountId}:${mail.gmailId}`)),
      }))
      const held = await db.execute(sql`
        with given as materialized (
          select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as m(n int, "gmailId" text, "threadId" text,
            "rfcMessageId" text, "from" text, recipients text[], subject text, snippet text, "labelIds" text[], size int,
            "receivedAt" timestamptz, class text, rule text, sealed text)
        ), task as (
          select id, account_id from tasks where id = ${taskId} and started_by = ${owner} for update
        ), held as (
          update mailboxes b set history_id = ${historyId}, fetched_at = coalesce(${fetchedAt && instant(fetchedAt)}, b.fetched_at),
            watch_again_at = coalesce(${watchAgainAt && instant(watchAgainAt)}, b.watch_again_at)
          from task where b.account_id = task.account_id
          returning b.account_id, b.notified_id::numeric as notified, b.every_minutes, b.keeps_bodies
        ), ended as (
          update tasks set started_by = null, lease_until = null, errors = 0, waiting_for = ${next.reason},
            -- What is told of, or set, while this statement waits for the lock stands in what the update of the mailbox returns.
            due_at = case when held.notified > greatest(coalesce(${historyId}::numeric, 0), coalesce(${notifiedId}::numeric, 0))
                or held.every_minutes <> ${everyMinutes}
              then ${instant(now)} else ${instant(next.at)} end
          from held where tasks.id = ${taskId}
        ), kept as (
          insert into email_messages (account_id, gmail_id, thread_id, rfc_message_id, sender, recipients, subject, snippet,
            label_ids, size, received_at, processed_at, class, rule)
          select held.account_id, m."gmailId", m."threadId", m."rfcMessageId", m."from", m.recipients, m.subject, m.snippet,
            m."labelIds", m.size, m."receivedAt", ${instant(now)}, m.class, m.rule
          from held, given m
          order by m.n
          on conflict do nothing
          returning id, account_id, gmail_id
        ), kept_bodies as (
          insert into email_bodies (key, email_message_id, sealed)
          select kept.account_id || ':' || kept.gmail_id, kept.id, m.sealed
          from held, kept, given m where m."gmailId" = kept.gmail_id and m.sealed is not null and held.keeps_bodies
        ), routes as materialized (
          -- One that is removed meanwhile takes nothing.
          select id from mail_routes where id = any(${sql.param([...new Set(handoffs.map(({ routeId }) => routeId))])}::bigint[]) for key share
        ), handed as (
          insert into handoffs (route_id, account_id, email_message_id, created_at)
          select r.id, kept.account_id, kept.id, ${instant(now)}
          from kept, routes r, jsonb_to_recordset(${JSON.stringify(handoffs)}::jsonb) as h("gmailId" text, "routeId" bigint)
          where h."gmailId" = kept.gmail_id and r.id = h."routeId"
          order by kept.id, r.id
          returning account_id
        ), wake as (
          insert into tasks (kind, account_id, due_at) select distinct 'hand_on', account_id, ${instant(now)} from handed
          on conflict (kind, account_id) where message_id is null do update set due_at = least(tasks.due_at, excluded.due_at)
        )
        select from held`)
      return held.length > 0
    },
  }
}
