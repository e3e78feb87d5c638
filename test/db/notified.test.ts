import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Database } from '../../src/db/connection.ts'
import { sql } from '../../src/db/drizzle.ts'
import { createInbox, type Round } from '../../src/db/inbox.ts'
import { createMailboxes } from '../../src/db/mailboxes.ts'
import { tasks } from '../../src/db/schema.ts'
import { changeFetching } from '../../src/warmup/inbox/fetch-settings.ts'
import { classifiedMail } from '../support/kept-mail.ts'
import { openWorld, type World } from '../support/world.ts'

const ANNA = 'anna@sandbox.test'
const OWNER = 'a run of this test'
const FIVE_MINUTES = 300_000

/** An account of which a round is under way that has read all up to 1500. */
async function openRound() {
  const world = await openWorld({ environment: { SYNC_EVERY_MINUTES: '5' } })
  const { id: accountId } = await world.connect(ANNA, { kind: 'vault' })
  const now = world.clock.now()
  const { db, warmup } = world.runtime
  await db.execute(sql`update mailboxes set history_id = '1400', notified_id = '1450'`)
  await db.delete(tasks)
  const [task] = await db
    .insert(tasks)
    .values({ kind: 'sync', accountId, dueAt: now, startedBy: OWNER })
    .returning()
  if (!task) throw new Error('there is no task')
  const nextAt = new Date(now.getTime() + FIVE_MINUTES)
  const round: Round = {
    ...{ accountId, mails: [], handoffs: [], historyId: '1500', notifiedId: '1450' },
    ...{
      everyMinutes: 5,
      fetchedAt: now,
      watchAgainAt: null,
      now,
      next: { at: nextAt, reason: 'the next round' },
    },
  }
  const holder = { taskId: task.id, owner: OWNER }
  return { world, store: warmup.store, round, holder, now, nextAt }
}

async function dueAt({ runtime }: World) {
  const [task] = await runtime.db.select().from(tasks)
  return task?.dueAt
}

/** Until another connection waits for a lock. */
async function waits({ runtime }: World) {
  for (;;) {
    const [row] = await runtime.db.execute<{ waits: boolean }>(
      sql`select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock') as waits`,
    )
    if (row?.waits) return
    await delay(2)
  }
}

test.each([
  ['beyond what the round has read', '1501', 0],
  ['of what the round has read', '1500', FIVE_MINUTES],
  ['of what was told of before', '1450', FIVE_MINUTES],
])(
  'a notification %s, while the round is under way: the next one comes as it should',
  async (_, historyId, ms) => {
    const { world, store, round, holder, now } = await openRound()
    await using _world = world
    await store.mailboxes.notified(ANNA, historyId, now)
    expect(await store.inbox.keep(round, holder)).toBe(true)
    expect(await dueAt(world)).toEqual(new Date(now.getTime() + ms))
  },
)

test('an interval that is changed while a round is under way holds for the next one', async () => {
  const { world, store, round, holder, now } = await openRound()
  await using _world = world
  const settings = { everyMinutes: 1, filter: '', keepsBodies: false }
  await changeFetching(world.runtime.warmup, round.accountId, settings)
  expect(await store.inbox.keep(round, holder)).toBe(true)
  expect(await dueAt(world)).toEqual(now)
})

test('texts that are wanted no more when a round is kept are not kept', async () => {
  const { world, store, round, holder, now } = await openRound()
  await using _world = world
  const mail = classifiedMail({ receivedAt: now, body: 'A text' })
  expect(await store.inbox.keep({ ...round, mails: [mail] }, holder)).toBe(true)
  const [kept] = await world.runtime.db.execute(sql`
    select (select count(*)::int from email_messages) as mails, (select count(*)::int from email_bodies) as bodies`)
  expect(kept).toEqual({ mails: 1, bodies: 0 })
})

test('a notification that is being written while a round is kept is not lost', async () => {
  const { world, store, round, holder, now } = await openRound()
  await using _world = world
  let kept: Promise<boolean> | undefined
  await world.runtime.db.transaction(async (tx) => {
    await createMailboxes(tx as unknown as Database).notified(ANNA, '1501', now)
    kept = store.inbox.keep(round, holder)
    await waits(world)
  })
  expect(await kept).toBe(true)
  expect(await dueAt(world)).toEqual(now)
})

test('a notification that comes while a round is being kept brings the next one forward', async () => {
  const { world, store, round, holder, now } = await openRound()
  await using _world = world
  const { db, sealer } = world.runtime
  let notified: Promise<number> | undefined
  await db.transaction(async (tx) => {
    await createInbox(tx as unknown as Database, sealer).keep(round, holder)
    notified = store.mailboxes.notified(ANNA, '1501', now)
    await waits(world)
  })
  expect(await notified).toBe(1)
  expect(await dueAt(world)).toEqual(now)
})

test('who tells of a change holds no mailbox while it waits for a task', async () => {
  const { world, store, now } = await openRound()
  await using _world = world
  let notified: Promise<number> | undefined
  await world.runtime.db.transaction(async (tx) => {
    await tx.execute(sql`select from tasks for update`)
    notified = store.mailboxes.notified(ANNA, '1501', now)
    await waits(world)
    await tx.execute(sql`select from mailboxes for update nowait`)
  })
  expect(await notified).toBe(1)
})

test('a round that has lost its task keeps nothing', async () => {
  const { world, store, round, holder } = await openRound()
  await using _world = world
  expect(await store.inbox.keep(round, { ...holder, owner: 'somebody else' })).toBe(false)
  expect(await store.mailboxes.ofAccount(round.accountId)).toMatchObject({ historyId: '1400' })
})

test('counts are compared as the numbers that they are', async () => {
  const { world, store, now } = await openRound()
  await using _world = world
  const told = async (historyId: string) => {
    await store.mailboxes.notified(ANNA, historyId, now)
    return (await store.mailboxes.ofAccount(1))?.notifiedId
  }
  await world.runtime.db.execute(sql`update mailboxes set history_id = '999', notified_id = null`)
  expect(await told('1000')).toBe('1000')
  expect(await told('10000000000000000001')).toBe('10000000000000000001')
  expect(await told('9999')).toBe('10000000000000000001')
  expect(await told('10000000000000000002')).toBe('10000000000000000002')
})
