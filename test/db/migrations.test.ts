import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import { describe, expect, test } from 'vitest'
import { connect, type Database } from '../../src/db/connection.ts'
import { migrate, sql } from '../../src/db/drizzle.ts'
import { migrateDatabase } from '../../src/db/migrate.ts'
import { emptyDatabase } from '../support/database.ts'

const MIGRATIONS = 'src/db/migrations'

/** A database as the first version left it, with an account of each status. */
async function firstVersion(): Promise<AsyncDisposable & { url: string; db: Database }> {
  const { url, drop } = await emptyDatabase()
  const { db, close } = connect(url, { poolSize: 2 })
  const migrationsFolder = firstMigrations(1)
  await migrate(db as PostgresJsDatabase, { migrationsFolder })
  rmSync(migrationsFolder, { recursive: true })
  await db.execute(sql`
    insert into accounts (google_user_id, email, kind, status, last_error, open_rate, reply_rate, daily_limit,
      start_volume, daily_increase, time_zone, connected_at)
    select status, status || '@example.com', 'pool', status, case status when 'needs_reauth' then 'invalid_grant: gone' end,
      0.8, 0.5, 50, 5, 2, 'UTC', now()
    from unnest(array['active', 'paused', 'needs_reauth', 'removed']) status`)
  return {
    url,
    db,
    async [Symbol.asyncDispose]() {
      await close()
      await drop()
    },
  }
}

/** A folder with the first migrations only. */
function firstMigrations(count: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'kindling-migrations-'))
  cpSync(MIGRATIONS, folder, { recursive: true })
  const path = join(folder, 'meta', '_journal.json')
  const journal = JSON.parse(readFileSync(path, 'utf8'))
  writeFileSync(path, JSON.stringify({ ...journal, entries: journal.entries.slice(0, count) }))
  return folder
}

test('accounts from before the daily check get one each, and those that wait for their owner an open incident', async () => {
  await using old = await firstVersion()
  const { url, db } = old
  await db.execute(
    sql`insert into tasks (kind, account_id, due_at) select 'plan', id, now() from accounts where status = 'active'`,
  )

  await migrateDatabase(url)
  await migrateDatabase(url)

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
})

describe('beside a process that writes', () => {
  const changeAccount = sql`update accounts set warmup_day = warmup_day + 1 where id = 1`
  // One of no account: it holds nothing of the accounts.
  const addEvent = sql`insert into events (at, kind) values (now(), 'app_refused')`

  test('it holds nothing that the process needs while it waits for what the process holds', async () => {
    await using old = await firstVersion()
    const { url, db } = old
    const migrated = await db.transaction(async (tx) => {
      await tx.execute(changeAccount)
      const migrating = migrateDatabase(url)
      await untilAwaited(db, 'accounts')
      await tx.execute(sql`set local lock_timeout = 1`)
      await tx.execute(addEvent)
      return { migrating }
    })
    await migrated.migrating
    expect(await rows(db)).toEqual({ day: 1, events: 1 })
  })

  test('it steps back where the process needs what it holds, and ends nobody’s transaction', async () => {
    await using old = await firstVersion()
    const { url, db } = old
    const migrated = await db.transaction(async (tx) => {
      await tx.execute(addEvent)
      const migrating = migrateDatabase(url)
      await untilAwaited(db, 'events')
      await tx.execute(changeAccount)
      return { migrating }
    })
    await migrated.migrating
    expect(await rows(db)).toEqual({ day: 1, events: 1 })
  })
})

/** Waits until somebody waits for a lock on the table. */
async function untilAwaited(db: Database, table: string): Promise<void> {
  const isAwaited = async () => {
    const [lock] = await db.execute(sql`
      select from pg_locks join pg_database on pg_database.oid = database
      where datname = current_database() and relation = ${table}::regclass and not granted`)
    return lock !== undefined
  }
  await expect.poll(isAwaited, { interval: 5, timeout: 20_000 }).toBe(true)
}

async function rows(db: Database) {
  const [row] = await db.execute(sql`
    select warmup_day as day, (select count(*)::int from events) as events from accounts where id = 1`)
  return row
}
