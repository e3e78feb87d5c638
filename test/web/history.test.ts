import { expect, test } from 'vitest'
import { sql } from '../../src/db/drizzle.ts'
import type { Runtime } from '../../src/runtime.ts'
import { openSite } from './site.ts'

const PAGES = [
  '/',
  '/?text=anna',
  '/accounts/1',
  '/messages/40000',
  '/unknown-sends',
  '/notices',
  '/settings',
  '/forecast',
  '/texts',
]

/** How often each table of history was read from end to end. What a connection has counted it tells at its end, at the latest. */
async function fullScans({ db }: Runtime) {
  await db.execute(sql`
    select pg_terminate_backend(pid, 5000) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`)
  await db.execute(sql`select pg_stat_force_next_flush()`)
  return Object.fromEntries(
    (
      await db.execute<{ name: string; scans: number }>(sql`
        select relname as name, seq_scan::int as scans from pg_stat_user_tables where relname in ('messages', 'events')`)
    ).map(({ name, scans }) => [name, scans]),
  )
}

test('no page and no task of a warmup reads all messages or all events', async () => {
  await using site = await openSite()
  const { world } = site
  const { runtime, clock, sandbox } = world
  sandbox.control.forcePlacement('inbox')
  const always = { openRate: 1, replyRate: 1, startVolume: 3, dailyIncrease: 0 }
  await world.connect('anna@sandbox.test', { ...always, kind: 'warmup' })
  await world.connect('ben@sandbox.test', { ...always, kind: 'pool' })
  await runtime.db.execute(sql`
    insert into messages (conversation_id, text_key, text_seed, turn, subject, sender_id, recipient_id, state, planned_for,
      rfc_message_id, gmail_message_id, send_started_at, sent_at, placement, placed_at, opens, opened_at)
    select 'c' || n, 'text', n, 1, 'Hello', 1, 2, 'sent', at, 'r' || n, 'g' || n, at, at, 'inbox', at, true, at
    from generate_series(1, 50000) n, lateral (select ${clock.now().toISOString()}::timestamptz - interval '200 days' + n * interval '4 minutes' as at) t`)
  await runtime.db.execute(sql`
    insert into events (at, kind, account_id, message_id)
    select planned_for, kind, 1, id from messages, unnest(array['sent', 'delivered', 'opened']) kind order by planned_for`)
  await runtime.db.execute(sql`analyze messages`)
  await runtime.db.execute(sql`analyze events`)
  await runtime.db.execute(sql`update tasks set due_at = ${clock.now().toISOString()} where kind = 'tidy'`)
  const operator = await site.operator()
  const before = await fullScans(runtime)

  await world.runUntil(new Date(clock.now().getTime() + 30 * 3_600_000))
  for (const page of PAGES) expect([page, (await operator.get(page)).status]).toEqual([page, 200])

  expect(await fullScans(runtime)).toEqual(before)

  const [done] = await runtime.db.execute(sql`
    select (select count(*)::int from messages where id <= 50000) < 50000 as tidied,
      (select count(*)::int from messages where id > 50000 and turn > 1 and state = 'sent') > 0 as answered`)
  expect(done).toEqual({ tidied: true, answered: true })
}, 120_000)
