import type { SQL } from 'drizzle-orm'
import { OVERLAP_MS } from '../domain/inbox.ts'
import type { LocalDate } from '../domain/local-time.ts'
import { type Batch, inOneBatch } from './batch.ts'
import type { Database } from './connection.ts'
import { sql } from './drizzle.ts'
import { rollUpConversations } from './roll-up.ts'

/** Of a mailbox that a statement calls `b`: from when on its next search finds mail. */
const searchedFrom = sql.raw(`b.fetched_at - interval '${OVERLAP_MS} milliseconds'`)

/**
 * Takes history away, a bounded batch at a time. Old rows are found by walking the primary keys from their beginning:
 * these rise with time, so that no index is kept for it, and what must be kept is passed once.
 */
export function createRetention(db: Database) {
  return {
    rollUpConversations: (after: number, before: Date, limit: number): Promise<Batch> =>
      rollUpConversations(db, after, before, limit),

    deleteEvents(after: number, before: Date, limit: number): Promise<Batch> {
      return inOneBatch(db, async (tx) => {
        const [seen] = await tx.execute<{ last: number | null; old: boolean | null }>(sql`
          select max(id)::int as last, bool_or(at < ${before.toISOString()}) as old
          from (select id, at from events where id > ${after} order by id limit ${limit}) scanned`)
        if (!seen?.old || seen.last === null) return null
        const gone = await tx.execute(sql`
          delete from events where id > ${after} and id <= ${seen.last} and at < ${before.toISOString()}`)
        return { last: seen.last, removed: gone.count }
      })
    },

    /** Of some accounts, which come one after the other: to whom their tokens were handed. */
    async deleteHandouts(after: number, before: Date, limit: number): Promise<Batch> {
      return batchOf(
        ofAccounts(
          after,
          limit,
          sql`select id from events
            where kind = 'token_served' and account_id = scanned.id order by account_id, id limit ${limit}`,
          sql`delete from events where id = any(array(select id from old)) and at < ${before.toISOString()} returning account_id`,
        ),
      )
    },

    /** What came into mailboxes; what is still to be handed on waits, and what a mailbox that rested for long searches again. */
    async deleteInbox(after: number, before: Date, limit: number): Promise<Batch> {
      return batchOf(sql`
        with scanned as (select id, processed_at from email_messages where id > ${after} order by id limit ${limit}),
        gone as (delete from email_messages m using scanned s
          where m.id = s.id
            and s.processed_at < ${before.toISOString()}
            and not exists (select from handoffs h where h.email_message_id = m.id and h.state = 'waiting')
            and not exists (select from mailboxes b where b.account_id = m.account_id
              and ${searchedFrom} < ${before.toISOString()} and m.received_at >= ${searchedFrom})
          returning m.id)
        select (select max(id) from scanned)::int as last, (select count(*) from gone)::int as removed,
          (select bool_or(processed_at < ${before.toISOString()}) from scanned) as "goesOn"`)
    },

    /** Of some accounts: all that came into those that were removed. */
    deleteInboxOfRemoved(after: number, limit: number): Promise<Batch> {
      return batchOf(
        ofAccounts(
          after,
          limit,
          sql`select m.id from accounts a join email_messages m on m.account_id = a.id
            where a.id = scanned.id and a.status = 'removed' order by m.account_id, m.id limit ${limit}`,
          sql`delete from email_messages where id = any(array(select id from old)) returning account_id`,
        ),
      )
    },

    /** Of some accounts: their days, but for the last one that was planned, where their ramp goes on. */
    deleteDays: (after: number, before: LocalDate, limit: number): Promise<Batch> =>
      deleteDaysOf(
        sql`account_days`,
        sql`day <> coalesce((select max(day) from account_days
          where account_id = scanned.id and warmup_day is not null), 'infinity')`,
        { after, before, limit },
      ),

    /** Of some accounts: what their mail came to that was rolled up. */
    deleteRolledUpDays: (after: number, before: LocalDate, limit: number): Promise<Batch> =>
      deleteDaysOf(sql`rolled_up_days`, sql`true`, { after, before, limit }),

    /** Deliveries that ended, with the notices that they told; those about an incident that is still open stay. */
    async deleteDeliveries(after: number, before: Date, limit: number): Promise<Batch> {
      return batchOf(sql`
        with scanned as (select id, created_at, ended_at from deliveries where id > ${after} order by id limit ${limit}),
        gone as (delete from deliveries d using scanned s
          where d.id = s.id and s.ended_at < ${before.toISOString()} and d.state in ('delivered', 'failed')
            and not exists (select from notices n join incidents i on i.id = n.incident_id
              where n.delivery_id = d.id and i.closed_at is null)
          returning d.id)
        select (select max(id) from scanned)::int as last, (select count(*) from gone)::int as removed,
          (select bool_or(created_at < ${before.toISOString()}) from scanned) as "goesOn"`)
    },

    /** Incidents that are over and of which no notice is kept. */
    async deleteIncidents(after: number, before: Date, limit: number): Promise<Batch> {
      return batchOf(sql`
        with scanned as (select id, opened_at, closed_at from incidents where id > ${after} order by id limit ${limit}),
        gone as (delete from incidents i using scanned s
          where i.id = s.id and s.closed_at < ${before.toISOString()}
            and not exists (select from notices n where n.incident_id = i.id)
          returning i.id)
        select (select max(id) from scanned)::int as last, (select count(*) from gone)::int as removed,
          (select bool_or(opened_at < ${before.toISOString()}) from scanned) as "goesOn"`)
    },
  }

  function deleteDaysOf(
    table: SQL,
    where: SQL,
    { after, before, limit }: { after: number; before: LocalDate; limit: number },
  ): Promise<Batch> {
    return batchOf(
      ofAccounts(
        after,
        limit,
        sql`select account_id, day from ${table} where account_id = scanned.id and day < ${before}::date and ${where}
          order by day limit ${limit}`,
        sql`delete from ${table} d using old where (d.account_id, d.day) = (old.account_id, old.day)
          returning d.account_id`,
      ),
    )
  }

  async function batchOf(statement: SQL): Promise<Batch> {
    const [row] = await inOneBatch(db, (tx) =>
      tx.execute<{ last: number | null; removed: number; goesOn: boolean | null }>(statement),
    )
    return row?.goesOn && row.last !== null ? { last: row.last, removed: row.removed } : null
  }
}

const ACCOUNTS_AT_ONCE = 200

/**
 * A batch over the oldest rows of some accounts. One of which as many rows went as a batch may take is looked at again.
 * @param oldest selects up to `limit` rows of the account `scanned.id`
 * @param gone deletes of `old` and returns the accounts
 */
function ofAccounts(after: number, limit: number, oldest: SQL, gone: SQL): SQL {
  return sql`
    with scanned as (select id from accounts where id > ${after} order by id limit ${ACCOUNTS_AT_ONCE}),
    old as materialized (select found.* from scanned cross join lateral (${oldest}) found limit ${limit}),
    gone as (${gone})
    select (case when (select count(*) from gone) = ${limit} then ${after} else (select max(id) from scanned) end)::int as last,
      (select count(*) from gone)::int as removed, exists (select from scanned) as "goesOn"`
}
