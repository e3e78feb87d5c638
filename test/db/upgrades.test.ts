import { describe, expect, test } from 'vitest'
import { connect, type Database } from '../../src/db/connection.ts'
import { sql } from '../../src/db/drizzle.ts'
import { migrateDatabase } from '../../src/db/migrate.ts'
import { emptyDatabase } from '../support/database.ts'
import { migrateTo, STEPS, writeAsOf } from './old-versions.ts'

async function versionOf(steps: number): Promise<AsyncDisposable & { url: string; db: Database }> {
  const { url, drop } = await emptyDatabase()
  const { db, close } = connect(url, { poolSize: 2 })
  await migrateTo(db, steps)
  return {
    url,
    db,
    async [Symbol.asyncDispose]() {
      await close()
      await drop()
    },
  }
}

/** Each table's number of rows, and those of the tables that an earlier version had not. */
async function rowCounts(db: Database): Promise<Record<string, number>> {
  const tables = await db.execute<{ name: string }>(sql`
    select table_name as name from information_schema.tables where table_schema = 'public' order by 1`)
  const counts: Record<string, number> = {}
  for (const { name } of tables) {
    const [row] = await db.execute<{ n: number }>(sql.raw(`select count(*)::int as n from ${name}`))
    counts[name] = row?.n ?? 0
  }
  return counts
}

const versions = STEPS.slice(0, -1).map((name, i) => [name, i + 1] as const)

describe.each(versions)('a database of %s', (_, steps) => {
  test('with data in every table keeps all of it', async () => {
    await using old = await versionOf(steps)
    await writeAsOf(old.db, steps, 1)
    const before = await rowCounts(old.db)
    expect(Object.entries(before).filter(([name, rows]) => rows === 0 && name !== 'clock_anchors')).toEqual(
      [],
    )
    const messages = await old.db.execute(
      sql`select id, state, rfc_message_id, sent_at from messages order by id`,
    )

    await migrateDatabase(old.url)

    const after = await rowCounts(old.db)
    for (const [name, rows] of Object.entries(before))
      expect([name, (after[name] ?? 0) >= rows]).toEqual([name, true])
    expect([
      ...(await old.db.execute(sql`select id, state, rfc_message_id, sent_at from messages order by id`)),
    ]).toEqual([...messages])
    const [now] = await old.db.execute(sql`
      select (select count(*)::int from tasks where kind = 'tidy') as tidies, (select sum(sent)::int from account_counts) as sent,
        (select keep_mail_days from engine_settings) as days, (select cool_down_days from engine_settings) as cools`)
    expect(now).toEqual({ tidies: 1, sent: 14, days: 180, cools: steps < 3 ? 3 : 4 })
  })

  // Until it is stopped, a process of that version goes on beside the new tables.
  test('may still be written to by its own version once it is up to date', async (context) => {
    // Today's first account statements ask for what this step did not know: it is the oldest that can go on.
    context.skip(steps < STEPS.length - 1, 'only the version before this one is upgraded while it runs')
    await using old = await versionOf(steps)
    await migrateDatabase(old.url)
    await writeAsOf(old.db, steps, 2)
    await writeAsOf(old.db, steps, 3)
    const counts = await rowCounts(old.db)
    expect(counts).toMatchObject({ accounts: 4, messages: 4, tasks: 9 })
  })
})

test('several processes may migrate at once', async () => {
  await using old = await versionOf(1)
  await writeAsOf(old.db, 1, 1)
  await Promise.all(Array.from({ length: 4 }, () => migrateDatabase(old.url)))
  const [row] = await old.db.execute(sql`select count(*)::int as steps from drizzle.__drizzle_migrations`)
  expect(row).toEqual({ steps: STEPS.length })
})
