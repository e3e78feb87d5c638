import type { Sql } from 'postgres'
import { MORNING } from './installation.ts'

/**
 * Adds so many finished messages with their events, over a hundred days before the benchmark's own: conversations of two
 * mails between the accounts that are there.
 */
export async function addHistory(admin: Sql, messages: number): Promise<void> {
  await admin.begin(async (sql) => {
    // Foreign keys are checked row by row, which takes longer than everything else here.
    await sql`set local session_replication_role = replica`
    const [row] =
      await sql`select count(*)::int as accounts, (select coalesce(max(id), 0) from messages)::int as last from accounts`
    const { accounts, last } = row as unknown as { accounts: number; last: number }
    await sql`
      insert into messages (conversation_id, text_key, text_seed, turn, subject, sender_id, recipient_id, in_reply_to,
        state, planned_for, rfc_message_id, gmail_draft_id, gmail_message_id, gmail_thread_id, send_started_at, sent_at,
        recipient_message_id, recipient_thread_id, placement, placed_at, labels_seen, opens, replies, opened_at, handled_at)
      select md5('conversation ' || ${last}::int + n / 2)::uuid, 'bakery-name', n, 1 + n % 2, 'The name of the bakery',
        case n % 2 when 0 then warmup else pool end, case n % 2 when 0 then pool else warmup end, null,
        'sent', at, format('<%s@bench.example>', gen_random_uuid()), 'r' || n, md5('sent ' || n), md5('thread ' || n / 2), at,
        at, md5('got ' || n), md5('theirs ' || n / 2), 'inbox', at + interval '1 hour', '{INBOX,UNREAD}', true, n % 2 = 0,
        at + interval '1 hour', at + interval '1 hour'
      from (
        select n, 1 + 2 * (n / 2 % (${accounts}::int / 2)) as warmup, 2 + 2 * (n / 2 * 7 % (${accounts}::int / 2)) as pool,
          ${MORNING}::timestamptz - interval '100 days' + n * (interval '98 days' / ${messages}::int) as at
        from generate_series(0, ${messages}::int - 1) n
      ) numbered`
    await sql`
      insert into events (at, kind, account_id, message_id, data)
      select at, kind, account_id, id, '{}' from messages,
        lateral (values (sent_at, 'sent', sender_id), (placed_at, 'delivered', recipient_id),
          (opened_at, 'opened', recipient_id)) happened(at, kind, account_id)
      where id > ${last}`
  })
  await admin`vacuum analyze messages, events`
}
