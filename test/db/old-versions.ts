import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import type { Database } from '../../src/db/connection.ts'
import { migrate, sql } from '../../src/db/drizzle.ts'

const MIGRATIONS = 'src/db/migrations'

/** The steps that there are, oldest first. */
export const STEPS = readdirSync(MIGRATIONS)
  .filter((name) => name.endsWith('.sql'))
  .toSorted()

/** Brings an empty database to where the first so many steps left it. */
export async function migrateTo(db: Database, steps: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'kindling-migrations-'))
  cpSync(MIGRATIONS, folder, { recursive: true })
  const path = join(folder, 'meta', '_journal.json')
  const journal = JSON.parse(readFileSync(path, 'utf8'))
  writeFileSync(path, JSON.stringify({ ...journal, entries: journal.entries.slice(0, steps) }))
  await migrate(db as PostgresJsDatabase, { migrationsFolder: folder })
  rmSync(folder, { recursive: true })
}

/**
 * What each version wrote, by the step that it came with; a later one writes what the earlier ones did, too. Account 1 sends
 * to account 2: message 1 was sent and is to be read, message 2 is planned.
 */
const WRITES: Record<string, (n: number) => string[]> = {
  '0000': (n) => [
    `insert into accounts (google_user_id, email, kind, open_rate, reply_rate, daily_limit, start_volume,
       daily_increase, time_zone, oauth_token, connected_at)
     values ('a${n}', 'anna${n}@sandbox.test', 'warmup', 1, 1, 10, 2, 1, 'Europe/Berlin', 'sealed', now()),
       ('b${n}', 'ben${n}@sandbox.test', 'pool', 1, 1, 10, 2, 1, 'Asia/Tokyo', 'sealed', now())`,
    `insert into account_counts (account_id, sent) select id, 7 from accounts where email like '%${n}@sandbox.test'`,
    `insert into messages (conversation_id, text_key, text_seed, turn, subject, sender_id, recipient_id, state, planned_for,
       rfc_message_id, gmail_message_id, gmail_thread_id, send_started_at, sent_at)
     select c || '${n}', 'text', 1, 1, 'Hello', a.id, b.id, state, now(), c || '${n}', g, g, sent, sent
     from accounts a, accounts b, (values ('sent', 'sent', 'g', now()), ('planned', 'planned', null, null)) m(c, state, g, sent)
     where a.email = 'anna${n}@sandbox.test' and b.email = 'ben${n}@sandbox.test'`,
    `insert into tasks (kind, account_id, message_id, due_at)
     select case state when 'sent' then 'open' else 'send' end, case state when 'sent' then recipient_id else sender_id end, id, now()
     from messages where rfc_message_id like '%${n}'`,
    `insert into tasks (kind, account_id, due_at) select 'plan', id, now() from accounts where email = 'anna${n}@sandbox.test'`,
    `insert into events (at, kind, account_id, message_id) select now(), 'sent', sender_id, id from messages where rfc_message_id = 'sent${n}'`,
    `insert into oauth_states values ('${n}', 'sealed', now())`,
    `insert into sign_in_links values ('${n}', now())`,
    `insert into sessions values ('${n}', '{}', now())`,
  ],
  '0001': (n) => [
    `insert into incidents (kind, subject, account_id, failure, words, opened_at)
     select 'needs_reauth', 'account:' || id, id, 'grant_revoked', 'gone', now() from accounts where email = 'ben${n}@sandbox.test'`,
    `insert into webhooks (host, sealed, created_at) values ('example.com', 'sealed', now())`,
    `insert into deliveries (channel, state, created_at) values ('mail', 'delivered', now())`,
    `insert into notices (incident_id, edge, delivery_id, channel)
     select max(i.id), 'opened', max(d.id), 'mail' from incidents i, deliveries d`,
    `insert into api_keys (name, key_hash, scopes, created_at) values ('key ${n}', 'hash ${n}', '{}', now())`,
    `insert into events (at, kind, account_id) select now(), 'token_served', id from accounts where email = 'ben${n}@sandbox.test'`,
    `insert into tasks (kind, account_id, due_at) select 'check', id, now() from accounts where email = 'ben${n}@sandbox.test'`,
  ],
  '0002': (n) => [
    `insert into account_days (account_id, day, warmup_day, sent) select id, current_date - ${n}, 3, 4 from accounts
       where email = 'anna${n}@sandbox.test'`,
    `insert into placement_counts select id, 'example.com', 'inbox', 3 from accounts where email = 'anna${n}@sandbox.test'`,
    `insert into text_uses select id, 'text', 2 from accounts where email = 'anna${n}@sandbox.test'
       on conflict (account_id, text_key) do update set uses = 2`,
    `insert into sender_domains values ('example${n}.com', now(), '{}', false)`,
    `update engine_settings set cool_down_days = 4`,
  ],
  '0003': (n) => [
    `insert into rolled_up_days select id, current_date - 400, 3, 0, 2, 1, 0 from accounts where email = 'anna${n}@sandbox.test'`,
    `insert into database_identity values (1, 'this one') on conflict do nothing`,
    `insert into google_sightings values ('process ${n}', now(), '{}', 3) on conflict do nothing`,
    `insert into gmail_quota values ('account:${n}', now()) on conflict do nothing`,
  ],
}

/** Runs what the version of so many steps would write. @param n makes it another set of rows */
export async function writeAsOf(db: Database, steps: number, n: number): Promise<void> {
  for (const step of STEPS.slice(0, steps))
    for (const statement of WRITES[step.slice(0, 4)]?.(n) ?? []) await db.execute(sql.raw(statement))
}
