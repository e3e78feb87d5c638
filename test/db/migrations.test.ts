import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import { expect, test } from 'vitest'
import { connect } from '../../src/db/connection.ts'
import { migrate, sql } from '../../src/db/drizzle.ts'
import { migrateDatabase } from '../../src/db/migrate.ts'
import { emptyDatabase } from '../support/database.ts'

const MIGRATIONS = 'src/db/migrations'

/** A folder with the first migrations only: the shape that an older version left behind. */
function firstMigrations(count: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'kindling-migrations-'))
  cpSync(MIGRATIONS, folder, { recursive: true })
  const path = join(folder, 'meta', '_journal.json')
  const journal = JSON.parse(readFileSync(path, 'utf8'))
  writeFileSync(path, JSON.stringify({ ...journal, entries: journal.entries.slice(0, count) }))
  return folder
}

test('accounts from before the daily check get one each, and those that wait for their owner an open incident', async () => {
  const database = await emptyDatabase()
  const { db, close } = connect(database.url, { poolSize: 1 })
  const folder = firstMigrations(1)
  await migrate(db as PostgresJsDatabase, { migrationsFolder: folder })
  await db.execute(sql`
    insert into accounts (google_user_id, email, kind, status, last_error, open_rate, reply_rate, daily_limit,
      start_volume, daily_increase, time_zone, connected_at)
    select status, status || '@example.com', 'pool', status, case status when 'needs_reauth' then 'invalid_grant: gone' end,
      0.8, 0.5, 50, 5, 2, 'UTC', now()
    from unnest(array['active', 'paused', 'needs_reauth', 'removed']) status`)
  await db.execute(
    sql`insert into tasks (kind, account_id, due_at) select 'plan', id, now() from accounts where status = 'active'`,
  )

  await migrateDatabase(database.url)
  await migrateDatabase(database.url)

  const checks = await db.execute(
    sql`select a.status from tasks t join accounts a on a.id = t.account_id where t.kind = 'check'
      and t.due_at between now() - interval '1 minute' and now() + interval '1 day' order by a.id`,
  )
  expect([...checks]).toEqual([{ status: 'active' }, { status: 'paused' }, { status: 'needs_reauth' }])
  const incidents = await db.execute(
    sql`select i.kind, i.words, i.closed_at, a.status, a.failure from incidents i join accounts a on a.id = i.account_id`,
  )
  expect([...incidents]).toEqual([
    {
      kind: 'needs_reauth',
      words: 'invalid_grant: gone',
      closed_at: null,
      status: 'needs_reauth',
      failure: 'grant_revoked',
    },
  ])
  await close()
  await database.drop()
  rmSync(folder, { recursive: true })
})

test('beside processes that write it waits for its turn, and ends none of their transactions', async () => {
  const database = await emptyDatabase()
  const { db, close } = connect(database.url, { poolSize: 9 })
  const folder = firstMigrations(1)
  await migrate(db as PostgresJsDatabase, { migrationsFolder: folder })
  await db.execute(sql`
    insert into accounts (google_user_id, email, kind, open_rate, reply_rate, daily_limit, start_volume, daily_increase,
      time_zone, connected_at)
    select n::text, n || '@example.com', 'pool', 0.8, 0.5, 50, 5, 2, 'UTC', now() from generate_series(1, 8) n`)
  let isOver = false
  const write = async (id: number) => {
    for (let written = 0; ; written += 1) {
      if (isOver) return written
      await db.transaction(async (tx) => {
        await tx.execute(sql`update accounts set warmup_day = warmup_day + 1 where id = ${id}`)
        await tx.execute(sql`select pg_sleep(0.02)`)
        await tx.execute(sql`insert into events (at, kind, account_id) values (now(), 'paused', ${id})`)
      })
    }
  }
  const writers = Promise.all([1, 2, 3, 4, 5, 6].map(write))
  await migrateDatabase(database.url)
  isOver = true
  for (const written of await writers) expect(written).toBeGreaterThan(0)
  await close()
  await database.drop()
  rmSync(folder, { recursive: true })
})
