import { expect, test } from 'vitest'
import { sql } from '../../src/db/drizzle.ts'
import { DEFAULT_ENGINE } from '../../src/domain/engine.ts'
import { removeAccount } from '../../src/warmup/disconnect-account.ts'
import { addHook, fetchNow } from '../support/mail-routes.ts'
import { openReceiver } from '../support/receiver.ts'
import { handWorker } from '../support/worker.ts'
import { openWorld, type World } from '../support/world.ts'

const ANNA = 'anna@sandbox.test'
const BEN = 'ben@sandbox.test'
const DAY = 86_400_000
const KEPT_DAYS = 10

/** Two mailboxes whose bodies are kept as well. */
async function openKeeping() {
  const world = await openWorld({ environment: { SYNC_EVERY_MINUTES: '1440' } })
  const { store } = world.runtime.warmup
  await store.engine.update({ ...DEFAULT_ENGINE, keepInboxDays: KEPT_DAYS })
  const anna = await world.connect(ANNA, { kind: 'vault' })
  const ben = await world.connect(BEN, { kind: 'vault' })
  for (const { id } of [anna, ben])
    await store.mailboxes.updateSettings(id, { everyMinutes: 1440, filter: '', keepsBodies: true })
  return { world, anna, ben }
}

function deliver(world: World, email: string, ...subjects: string[]): void {
  for (const subject of subjects)
    world.sandbox.control.deliverForeign(email, { from: 'c@elsewhere.example', subject, text: 'Hi' })
}

async function tidy(world: World): Promise<void> {
  const { db } = world.runtime
  await db.execute(sql`update tasks set due_at = ${world.clock.now().toISOString()} where kind = 'tidy'`)
  using worker = handWorker(world)
  const [handout] = await worker.handOut('tidy')
  expect(await worker.run(handout)).toBe('again')
}

/** Each mail that is kept, with how many bodies, and with what has become of its handoffs. */
async function kept({ runtime: { db } }: World) {
  const rows = await db.execute<{ subject: string; bodies: number; states: string | null }>(sql`
    select m.subject, (select count(*)::int from email_bodies b where b.email_message_id = m.id) as bodies,
      (select string_agg(h.state, ' ' order by h.id) from handoffs h where h.email_message_id = m.id) as states
    from email_messages m order by m.id`)
  const [all] = await db.execute(
    sql`select (select count(*)::int from email_bodies) as bodies, (select count(*)::int from handoffs) as handoffs`,
  )
  return { mails: [...rows], ...all }
}

test('old mail goes with its text and with what was handed on or given up; what waits, and what is young, stays', async () => {
  await using receiver = await openReceiver()
  const { world } = await openKeeping()
  await using _ = world
  await addHook(world, receiver.url)
  deliver(world, ANNA, 'Handed', 'Given up')
  await fetchNow(world)
  await world.runtime.db.execute(
    sql`update handoffs set state = 'dead' where id = (select max(id) from handoffs)`,
  )
  receiver.answer(503)
  deliver(world, ANNA, 'Waits')
  await fetchNow(world)
  world.clock.pass((KEPT_DAYS + 1) * DAY)
  deliver(world, BEN, 'Young')
  await fetchNow(world)
  expect((await kept(world)).mails).toEqual([
    { subject: 'Handed', bodies: 1, states: 'handed' },
    { subject: 'Given up', bodies: 1, states: 'dead' },
    { subject: 'Waits', bodies: 1, states: 'waiting' },
    { subject: 'Young', bodies: 1, states: 'waiting' },
  ])

  await tidy(world)
  expect(await kept(world)).toEqual({
    mails: [
      { subject: 'Waits', bodies: 1, states: 'waiting' },
      { subject: 'Young', bodies: 1, states: 'waiting' },
    ],
    bodies: 2,
    handoffs: 2,
  })

  receiver.answer(204)
  await world.runUntil(new Date(world.clock.now().getTime() + DAY / 12))
  await tidy(world)
  expect(await kept(world)).toEqual({
    mails: [{ subject: 'Young', bodies: 1, states: 'handed' }],
    bodies: 1,
    handoffs: 1,
  })
})

test('what the next search of a mailbox that rests would find again stays, or it would be handed on twice', async () => {
  await using receiver = await openReceiver()
  const { world, anna } = await openKeeping()
  await using _ = world
  const { mailboxes } = world.runtime.warmup.store
  await addHook(world, receiver.url)
  deliver(world, ANNA, 'Old')
  await fetchNow(world)
  world.clock.pass(DAY / 12)
  deliver(world, ANNA, 'Last')
  await fetchNow(world)
  const settings = { filter: '', keepsBodies: false }
  await mailboxes.updateSettings(anna.id, { everyMinutes: null, ...settings })
  world.clock.pass((KEPT_DAYS + 1) * DAY)
  await tidy(world)
  expect((await kept(world)).mails).toMatchObject([{ subject: 'Last' }])

  world.sandbox.control.forgetHistory(ANNA)
  await mailboxes.updateSettings(anna.id, { everyMinutes: 1440, ...settings })
  await fetchNow(world)
  await fetchNow(world)
  expect(receiver.received.map(({ body }) => JSON.parse(body).message.subject)).toEqual(['Old', 'Last'])
  await tidy(world)
  expect((await kept(world)).mails).toEqual([])
})

test('of an account that was removed everything goes, young or not, waiting or not', async () => {
  await using receiver = await openReceiver()
  const { world, anna } = await openKeeping()
  await using _ = world
  await addHook(world, receiver.url)
  deliver(world, ANNA, 'Handed')
  deliver(world, BEN, 'Stays')
  await fetchNow(world)
  receiver.answer(503)
  deliver(world, ANNA, 'Waits', 'Waits too')
  await fetchNow(world)
  await removeAccount(world.runtime.warmup, anna.id)
  await tidy(world)
  expect(await kept(world)).toEqual({
    mails: [{ subject: 'Stays', bodies: 1, states: 'handed' }],
    bodies: 1,
    handoffs: 1,
  })
})

test('a walk over what came in ends where it is young, and passes in batches what must stay', async () => {
  const { world, anna, ben } = await openKeeping()
  await using _ = world
  const { db, warmup } = world.runtime
  const { retention } = warmup.store
  const old = new Date(world.clock.now().getTime() - 20 * DAY)
  await db.execute(sql`
    insert into email_messages (account_id, gmail_id, thread_id, sender, recipients, subject, snippet, label_ids, size,
      received_at, processed_at, class)
    select case when n % 2 = 0 then ${anna.id}::bigint else ${ben.id}::bigint end, n::text, '', '', '{}', '', '', '{}', 1, now(),
      case when n <= 25 then ${old.toISOString()}::timestamptz else ${world.clock.now().toISOString()}::timestamptz end, 'other'
    from generate_series(1, 60) n`)
  const before = new Date(world.clock.now().getTime() - DAY)
  let batch = await retention.deleteInbox(0, before, 10)
  const removed: number[] = []
  while (batch) {
    removed.push(batch.removed)
    batch = await retention.deleteInbox(batch.last, before, 10)
  }
  expect(removed).toEqual([10, 10, 5])

  await db.execute(sql`update accounts set status = 'removed' where id = ${ben.id}`)
  const gone: number[] = []
  batch = await retention.deleteInboxOfRemoved(0, 10)
  while (batch) {
    gone.push(batch.removed)
    batch = await retention.deleteInboxOfRemoved(batch.last, 10)
  }
  expect(gone.filter((count) => count > 0)).toEqual([10, 7])
  const [left] = await db.execute(
    sql`select count(*)::int as mails, count(distinct account_id)::int as accounts from email_messages`,
  )
  expect(left).toEqual({ mails: 18, accounts: 1 })
})
