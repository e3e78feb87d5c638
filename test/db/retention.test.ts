import { expect, test } from 'vitest'
import { connect, type Database } from '../../src/db/connection.ts'
import { sql } from '../../src/db/drizzle.ts'
import { createRetention } from '../../src/db/retention.ts'
import { freshDatabase } from '../support/database.ts'

const BEFORE = new Date('2026-03-01T00:00:00Z')

async function openHistory(): Promise<AsyncDisposable & { db: Database }> {
  const { url, drop } = await freshDatabase()
  const { db, close } = connect(url, { poolSize: 3 })
  await db.execute(sql`
    insert into accounts (email, kind, open_rate, reply_rate, daily_limit, start_volume, daily_increase, time_zone, connected_at)
    select n || '@example.com', 'pool', 1, 1, 5, 5, 0, 'Asia/Tokyo', now() from generate_series(1, 3) n`)
  return {
    db,
    async [Symbol.asyncDispose]() {
      await close()
      await drop()
    },
  }
}

type Mail = { state: string; at: string; task?: boolean }

async function addConversation(db: Database, name: string, mails: Mail[]): Promise<void> {
  for (const [i, { state, at, task }] of mails.entries()) {
    const [row] = await db.execute<{ id: number }>(sql`
      insert into messages (conversation_id, text_key, text_seed, turn, subject, sender_id, recipient_id, state,
        planned_for, rfc_message_id, sent_at, placement, placed_at, opened_at)
      values (${name}, 'text', 1, ${i + 1}, 'Hello', 1, 2, ${state}, ${at}, ${name + i},
        ${state === 'sent' ? at : null}, ${state === 'sent' ? 'inbox' : null}, ${state === 'sent' ? at : null},
        ${state === 'sent' ? at : null})
      returning id::int`)
    if (task)
      await db.execute(
        sql`insert into tasks (kind, account_id, message_id, due_at) values ('open', 2, ${row?.id ?? 0}, now())`,
      )
  }
}

const kept = async (db: Database) =>
  (
    await db.execute<{ name: string }>(sql`select distinct conversation_id as name from messages order by 1`)
  ).map(({ name }) => name)

const OLD = '2026-02-01T20:00:00Z'
const YOUNG = '2026-03-02T00:00:00Z'

test('conversations go as a whole, when all of them is over, old, and nobody’s task', async () => {
  await using history = await openHistory()
  const { db } = history
  const sent = { state: 'sent', at: OLD }
  await addConversation(db, 'over', [sent, sent])
  await addConversation(db, 'failed', [sent, { state: 'failed', at: OLD }])
  await addConversation(db, 'withdrawn', [{ state: 'cancelled', at: OLD }])
  await addConversation(db, 'kept: young answer', [sent, { state: 'sent', at: YOUNG }])
  await addConversation(db, 'kept: planned', [sent, { state: 'planned', at: OLD }])
  await addConversation(db, 'kept: sending', [{ state: 'sending', at: OLD }])
  await addConversation(db, 'kept: unknown', [{ state: 'unknown', at: OLD }])
  await addConversation(db, 'kept: a task', [{ ...sent, task: true }, sent])
  await addConversation(db, 'kept: somebody is at it', [sent, sent])
  await addConversation(db, 'kept: young', [{ state: 'sent', at: YOUNG }])
  const retention = createRetention(db)
  await db.transaction(async (tx) => {
    await tx.execute(
      sql`select from messages where conversation_id = 'kept: somebody is at it' and turn = 2 for key share`,
    )
    expect(await retention.rollUpConversations(0, BEFORE, 100)).toMatchObject({ removed: 5 })
  })
  expect((await kept(db)).every((name) => name.startsWith('kept: '))).toBe(true)
  expect((await kept(db)).length).toBe(7)

  // In Tokyo it was the next day already.
  const days = await db.execute(
    sql`select account_id::int as id, day::text, sent, failed, received, opened from rolled_up_days order by 1`,
  )
  const none = { sent: 0, failed: 0, received: 0, opened: 0 }
  expect([...days]).toEqual([
    { ...none, id: 1, day: '2026-02-02', sent: 3, failed: 1 },
    { ...none, id: 2, day: '2026-02-02', received: 3, opened: 3 },
  ])
  await retention.rollUpConversations(0, BEFORE, 100)
  const [again] = await db.execute(sql`select sum(sent)::int as sent from rolled_up_days`)
  expect(again).toEqual({ sent: 5 })
})

test('a roll-up walks on in batches, past what must be kept, and ends where history is young', async () => {
  await using history = await openHistory()
  const { db } = history
  for (let i = 0; i < 6; i += 1) await addConversation(db, `unknown ${i}`, [{ state: 'unknown', at: OLD }])
  for (let i = 0; i < 6; i += 1) await addConversation(db, `over ${i}`, [{ state: 'sent', at: OLD }])
  for (let i = 0; i < 6; i += 1) await addConversation(db, `young ${i}`, [{ state: 'sent', at: YOUNG }])
  const { rollUpConversations } = createRetention(db)
  const batches = []
  let batch = await rollUpConversations(0, BEFORE, 4)
  while (batch) {
    batches.push(batch)
    batch = await rollUpConversations(batch.last, BEFORE, 4)
  }
  expect(batches).toEqual([
    { last: 4, removed: 0 },
    { last: 8, removed: 2 },
    { last: 12, removed: 4 },
  ])
})

test('events, hand-outs, days, deliveries and incidents that are old go; what still counts stays', async () => {
  await using history = await openHistory()
  const { db } = history
  await db.execute(sql`
    insert into events (at, kind, account_id)
    select at::timestamptz, kind, account_id from unnest(array[${OLD}, ${YOUNG}]) at,
      unnest(array['sent', 'token_served']) kind, generate_series(1, 3) account_id order by at`)
  await db.execute(sql`
    insert into account_days (account_id, day, warmup_day)
    values (1, '2026-01-01', 1), (1, '2026-01-02', 2), (1, '2026-01-03', null), (1, '2026-03-02', null), (2, '2026-01-01', null)`)
  await db.execute(sql`
    insert into incidents (kind, subject, failure, words, opened_at, closed_at)
    values ('needs_reauth', 'account:1', 'grant_revoked', '', ${OLD}, ${OLD}), ('needs_reauth', 'account:2', 'grant_revoked', '', ${OLD}, null)`)
  await db.execute(sql`
    insert into deliveries (channel, state, created_at, ended_at)
    values ('mail', 'delivered', ${OLD}, ${OLD}), ('mail', 'failed', ${OLD}, ${OLD}), ('mail', 'delivered', ${YOUNG}, ${YOUNG})`)
  await db.execute(sql`
    insert into notices (incident_id, edge, delivery_id, channel) values (1, 'opened', 1, 'mail'), (2, 'opened', 2, 'mail')`)
  const retention = createRetention(db)

  expect(await retention.deleteHandouts(0, BEFORE, 100)).toEqual({ last: 3, removed: 3 })
  expect(await retention.deleteHandouts(3, BEFORE, 100)).toBeNull()
  expect(await retention.deleteEvents(0, BEFORE, 100)).toMatchObject({ removed: 3 })
  expect(await retention.deleteDays(0, '2026-03-01', 100)).toMatchObject({ removed: 3 })
  expect(await retention.deleteDeliveries(0, BEFORE, 100)).toMatchObject({ removed: 1 })
  expect(await retention.deleteIncidents(0, BEFORE, 100)).toMatchObject({ removed: 1 })

  const left = await db.execute(sql`
    select (select count(*)::int from events where at < ${BEFORE.toISOString()}) as events,
      (select count(*)::int from events) as young, (select count(*)::int from notices) as notices,
      (select array_agg(day::text order by day) from account_days where account_id = 1) as days,
      (select array_agg(id::int order by id) from deliveries) as deliveries, (select array_agg(subject) from incidents) as incidents`)
  expect(left[0]).toEqual({
    events: 0,
    young: 6,
    notices: 1,
    days: ['2026-01-02', '2026-03-02'],
    deliveries: [2, 3],
    incidents: ['account:2'],
  })
})
