import type { SQL } from 'drizzle-orm'
import type { Decisions, RateRuns } from '../domain/engagement.ts'
import type { NewEvent } from '../domain/events.ts'
import type { Evidence } from '../domain/health.ts'
import type { LocalDate } from '../domain/local-time.ts'
import type { Placement } from '../domain/message.ts'
import type { Database } from './connection.ts'
import type { Increments } from './counts.ts'
import { instant } from './database-time.ts'
import { sql } from './drizzle.ts'
import type { Message } from './messages.ts'

/** How the way of a mail ended, and what is learnt of it. */
export type EndingRecord = {
  placement: Placement
  labelsSeen: string[] | null
  decisions: Decisions
  /** In the recipient's mailbox. */
  messageId: string | null
  threadId: string | null
  bounce: { status: string; words: string } | null
  now: Date
  sender: Increments
  recipient: Increments
  /** What is learnt on the day that it is for an account. */
  learnt: { accountId: number; day: LocalDate; evidence: Partial<Record<keyof Evidence, number>> }[]
  /** The domain by which the placement is counted; null where it tells nothing of the sender. */
  domain: string | null
  /** How the recipient's rates were kept until now, and with these decisions. */
  runs: { before: RateRuns; after: RateRuns }
  event: Pick<NewEvent, 'kind' | 'accountId' | 'data'>
}

const EVIDENCE = ['inbox', 'tabs', 'spam', 'missing', 'bounced', 'bouncedTo'] as const

/** The ends of mails' ways, each with its decisions and figures in a single statement. */
export function createEndings(db: Database) {
  return {
    /**
     * False, and nothing is kept, where an end is kept already, or the rates were put to another question since `runs.before`:
     * then what was decided is to be decided anew.
     */
    async record({ id, senderId, recipientId }: Message, ending: EndingRecord): Promise<boolean> {
      const { sender, recipient, runs, event, bounce } = ending
      const learnt = ending.learnt
        // In the order of their ids, so that two statements can't deadlock.
        .toSorted((a, b) => a.accountId - b.accountId)
        .map(
          ({ accountId, day, evidence }) =>
            sql`(${accountId}::bigint, ${day}::date, ${sql.join(
              EVIDENCE.map((kind) => sql`${evidence[kind] ?? 0}::int`),
              sql`, `,
            )})`,
        )
      const recorded = await db.execute(sql`
        with counts as materialized (
          select account_id, rate_runs from account_counts where account_id in (${senderId}, ${recipientId})
          order by account_id for update
        ), ended as (
          update messages
          set placement = ${ending.placement}, placed_at = ${instant(ending.now)},
            labels_seen = ${ending.labelsSeen === null ? null : sql.param(ending.labelsSeen)}::text[],
            decisions = ${JSON.stringify(ending.decisions)}::jsonb,
            opens = ${ending.decisions.open?.answer ?? false}, replies = ${ending.decisions.reply?.answer ?? false},
            bounce_status = ${bounce?.status ?? null}, bounce_words = ${bounce?.words ?? null},
            recipient_message_id = ${ending.messageId}, recipient_thread_id = ${ending.threadId}
          where id = ${id} and placement is null
            and (select bool_or(account_id = ${recipientId} and rate_runs = ${JSON.stringify(runs.before)}::jsonb) from counts)
          returning id
        ), of_sender as (
          update account_counts
          set placed = placed + ${sender.placed ?? 0}, placed_spam = placed_spam + ${sender.placedSpam ?? 0},
            missing = missing + ${sender.missing ?? 0}, bounced = bounced + ${sender.bounced ?? 0}
          from ended where account_id = ${senderId}
        ), of_recipient as (
          update account_counts
          set received = received + ${recipient.received ?? 0}, bounced_to = bounced_to + ${recipient.bouncedTo ?? 0},
            rate_runs = ${JSON.stringify(runs.after)}::jsonb
          from ended where account_id = ${recipientId}
        )${learnt.length > 0 ? onTheirDays(learnt) : sql``}, by_domain as (
          insert into placement_counts as p (sender_id, domain, placement, mails)
          select ${senderId}, ${ending.domain}::text, ${ending.placement}::text, 1 from ended where ${ending.domain}::text is not null
          on conflict (sender_id, domain, placement) do update set mails = p.mails + 1
        ), told as (
          insert into events (kind, at, account_id, message_id, data)
          select ${event.kind}, ${instant(ending.now)}, ${event.accountId}::bigint, id, ${JSON.stringify(event.data ?? {})}::jsonb from ended
        )
        select id from ended`)
      return recorded.length > 0
    },
  }
}

function onTheirDays(learnt: SQL[]) {
  return sql`, on_their_days as (
          insert into account_days as d (account_id, day, inbox, tabs, spam, missing, bounced, bounced_to)
          select l.* from ended, (values ${sql.join(learnt, sql`, `)}) as l
          on conflict (account_id, day) do update set inbox = d.inbox + excluded.inbox, tabs = d.tabs + excluded.tabs,
            spam = d.spam + excluded.spam, missing = d.missing + excluded.missing, bounced = d.bounced + excluded.bounced,
            bounced_to = d.bounced_to + excluded.bounced_to
        )`
}
