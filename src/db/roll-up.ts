import { type LocalDate, localDateOf } from '../domain/local-time.ts'
import { type Batch, inOneBatch } from './batch.ts'
import type { Database } from './connection.ts'
import { sql } from './drizzle.ts'

/**
 * Adds conversations of which nothing happened since `before` to the daily statistics of their accounts, and deletes
 * them, whole ones only. Kept is what a task is about, what may still be sent, and sends of which nobody can say.
 */
export function rollUpConversations(
  db: Database,
  after: number,
  before: Date,
  limit: number,
): Promise<Batch> {
  return inOneBatch(db, async (tx) => {
    const [seen] = await tx.execute<{ last: number | null; old: number; begun: string[] | null }>(sql`
      select max(id)::int as last, count(*) filter (where planned_for < ${before.toISOString()})::int as old,
        array_agg(conversation_id) filter (where turn = 1 and planned_for < ${before.toISOString()}) as begun
      from (select id, conversation_id, turn, planned_for from messages
        where id > ${after} order by id limit ${limit}) scanned`)
    if (!seen || seen.last === null || seen.old === 0) return null
    return { last: seen.last, removed: seen.begun ? await rollUp(tx, seen.begun, before) : 0 }
  })
}

/**
 * Locks what can be locked and looks again: a conversation that somebody is at, or of which something has happened
 * meanwhile, stays. Who puts a task to a mail meanwhile holds the mail (the foreign key does), and so it is not locked here.
 */
async function rollUp(tx: Database, conversationIds: readonly string[], before: Date): Promise<number> {
  const locked = await tx.execute<{ id: number }>(sql`
    select id::int from messages where conversation_id = any(${sql.param([...conversationIds])}::text[])
    order by id for update skip locked`)
  const [row] = await tx.execute<{ removed: number; facts: Fact[] }>(sql`
    with held as materialized (
      select m.* from messages m where m.id = any(${sql.param(locked.map(({ id }) => id))}::bigint[])
    ), whole as materialized (
      select conversation_id from held
      group by conversation_id
      having bool_and(state in ('sent', 'failed', 'cancelled'))
        and max(greatest(planned_for, send_started_at, sent_at, placed_at, rescued_at, opened_at, handled_at))
          < ${before.toISOString()}
        and bool_and(not exists (select from tasks t where t.message_id = held.id))
        and count(*) = (select count(*) from messages m where m.conversation_id = held.conversation_id)
    ), gone as (
      delete from messages where id = any(array(select id from held join whole using (conversation_id))) returning *
    ), fact as (
      select sender_id as account_id, sent_at as at, 'sent' as name from gone where state = 'sent'
      union all select sender_id, planned_for, 'failed' from gone where state = 'failed'
      union all select recipient_id, placed_at, 'received' from gone
        where placement not in ('trash', 'missing', 'bounced')
      union all select recipient_id, opened_at, 'opened' from gone where opened_at is not null
      union all select recipient_id, rescued_at, 'rescued' from gone where rescued_at is not null
    )
    select (select count(*) from gone)::int as removed,
      (select coalesce(json_agg(json_build_object('accountId', account_id, 'at', at, 'name', name, 'zone', time_zone)), '[]')
        from fact join accounts a on a.id = account_id where at is not null) as facts`)
  if (!row) return 0
  await addToDays(tx, row.facts)
  return row.removed
}

type Name = 'sent' | 'failed' | 'received' | 'opened' | 'rescued'
type Fact = { accountId: number; at: string; name: Name; zone: string }
const NOTHING: Record<Name, number> = { sent: 0, failed: 0, received: 0, opened: 0, rescued: 0 }

/** Local days are told here, and not by Postgres, which may know fewer time zones. */
async function addToDays(tx: Database, facts: readonly Fact[]): Promise<void> {
  const days = new Map<string, { account_id: number; day: LocalDate } & typeof NOTHING>()
  for (const { accountId, at, name, zone } of facts) {
    const day = localDateOf(new Date(at), zone)
    const key = `${accountId} ${day}`
    const row = days.get(key) ?? { account_id: accountId, day, ...NOTHING }
    row[name] += 1
    days.set(key, row)
  }
  // As one document: a statement takes 65,535 parameters at most. In one order, so that two transactions can't deadlock.
  await tx.execute(sql`
    insert into rolled_up_days as d (account_id, day, sent, failed, received, opened, rescued)
    select account_id, day, sent, failed, received, opened, rescued
    from json_to_recordset(${JSON.stringify([...days.values()])}::json) given
      (account_id bigint, day date, sent int, failed int, received int, opened int, rescued int)
    order by account_id, day
    on conflict (account_id, day) do update set
      sent = d.sent + excluded.sent, failed = d.failed + excluded.failed, received = d.received + excluded.received,
      opened = d.opened + excluded.opened, rescued = d.rescued + excluded.rescued`)
}
