import { describe, expect, test } from 'vitest'
import { eq, sql } from '../../src/db/drizzle.ts'
import { messages, tasks } from '../../src/db/schema.ts'
import { COMES_AGAIN_HOURS, MOST_TRIES, type TaskKind, WORKER_DIED } from '../../src/domain/task.ts'
import { removeAccount } from '../../src/warmup/disconnect-account.ts'
import { tryAllAgain, tryMessageAgain } from '../../src/warmup/try-again.ts'
import { expectAgreement } from '../support/agreement.ts'
import {
  ANNA,
  allAtOnce,
  BEN,
  eventsOf,
  openDue,
  runDue,
  sentByAnna,
  tasksOf,
  theMail,
  untilDue,
} from '../support/unknown-sends.ts'
import { handWorker, lapseLeases } from '../support/worker.ts'
import type { World } from '../support/world.ts'

const REFUSED = { status: 400, reason: 'invalidArgument', message: 'No.', count: 1 }

/** Anna’s one mail is refused by Gmail. */
async function openFailed(): Promise<World> {
  const world = await openDue()
  world.sandbox.control.addFault({ path: '/drafts$', method: 'POST', ...REFUSED })
  await runDue(world, 'send')
  return world
}

/** Ben’s mailbox refuses the look for Anna’s mail. */
async function openGivenUp(): Promise<World> {
  const world = await openDue()
  await runDue(world, 'send')
  await untilDue(world, 'open')
  world.sandbox.control.addFault({ path: '/messages$', ...REFUSED })
  await runDue(world, 'open')
  return world
}

/** One try before it is given up for errors in a row. */
async function nearlyGiveUp({ runtime: { db } }: World, kind: TaskKind): Promise<void> {
  await db
    .update(tasks)
    .set({ errors: MOST_TRIES.passing - 1 })
    .where(eq(tasks.kind, kind))
}

describe('a mail that failed', () => {
  test('says why, once, and is sent when its operator tries it again', async () => {
    await using world = await openFailed()
    const { warmup } = world.runtime
    expect(await theMail(world)).toMatchObject({ state: 'failed', failure: expect.stringContaining('No.') })
    expect(await eventsOf(world, 'send_failed')).toHaveLength(1)
    const answers = await allAtOnce(world, 3, () => tryMessageAgain(warmup, 1))
    expect(answers.filter((answer) => answer === null)).toHaveLength(1)
    expect(new Set(answers)).toContain('it has not failed, or is tried again already')
    expect(await eventsOf(world, 'tried_again')).toHaveLength(1)
    expect(await theMail(world)).toMatchObject({ state: 'planned', failure: null })
    expect(await tasksOf(world, 'send')).toHaveLength(1)
    await world.runUntil(new Date('2026-03-02T22:00:00Z'))
    await expectAgreement(world.runtime, world.sandbox.control.ledger())
    expect(sentByAnna(world).length).toBeGreaterThan(0)
  })

  test('waits for its sender’s limit when it is tried again, as any other', async () => {
    await using world = await openFailed()
    const { warmup, db } = world.runtime
    await db.execute(sql`update accounts set daily_limit = 0 where id = 1`)
    await tryMessageAgain(warmup, 1)
    expect(await runDue(world, 'send')).toBe('again')
    expect(await tasksOf(world, 'send')).toMatchObject([{ waitingFor: 'limit' }])
    expect(sentByAnna(world)).toEqual([])
  })

  test('and left a draft behind is sent by that draft', async () => {
    await using world = await openDue()
    await world.runtime.db.execute(
      sql`update tasks set errors = ${MOST_TRIES.passing - 1} where kind = 'send'`,
    )
    world.sandbox.control.addFault({ path: '/drafts$', method: 'POST', drop: 'after', count: 1 })
    await runDue(world, 'send')
    expect(await theMail(world)).toMatchObject({ state: 'failed' })
    await tryMessageAgain(world.runtime.warmup, 1)
    await world.settle()
    expect(sentByAnna(world)).toHaveLength(1)
    const drafts = world.sandbox.control.messages(ANNA).filter(({ labels }) => labels.includes('DRAFT'))
    expect(drafts).toEqual([])
  })

  test('is not tried again where its recipient was removed, and says so', async () => {
    await using world = await openFailed()
    await removeAccount(world.runtime.warmup, 2)
    expect(await tryMessageAgain(world.runtime.warmup, 1)).toBe('its recipient was removed')
    expect(await theMail(world)).toMatchObject({ state: 'failed' })
  })

  test('is not tried again as a reply that would be too late', async () => {
    await using world = await openDue()
    const { warmup } = world.runtime
    while ((await tasksOf(world, 'reply')).length === 0)
      await world.runUntil(new Date(world.clock.now().getTime() + 5 * 60_000))
    await untilDue(world, 'reply')
    world.sandbox.control.addFault({ path: '/drafts$', method: 'POST', ...REFUSED })
    expect(await runDue(world, 'reply')).toBe('failed')
    world.clock.pass(8 * 24 * 3_600_000)
    expect(await tryMessageAgain(warmup, 2)).toBe('the mail that it answers is older than a week')
    expect(await tryAllAgain(warmup, [2])).toEqual({ tried: 0, hindered: 1 })
  })
})

describe('a mail whose recipient’s task was given up', () => {
  test('keeps the reason, and is found when its operator tries again', async () => {
    await using world = await openGivenUp()
    const { warmup } = world.runtime
    const given = { state: 'sent', placement: null, openFailure: expect.stringContaining('No.') }
    expect(await theMail(world)).toMatchObject(given)
    expect(await eventsOf(world, 'task_failed')).toMatchObject([{ messageId: 1, data: { task: 'open' } }])
    expect(await tasksOf(world, 'open')).toEqual([])
    expect(await tryAllAgain(warmup, [1, 1])).toEqual({ tried: 1, hindered: 1 })
    await world.settle()
    expect(await theMail(world)).toMatchObject({ placement: 'inbox', openFailure: null })
  })

  test('is not looked for in the mailbox of an account that was removed', async () => {
    await using world = await openGivenUp()
    await removeAccount(world.runtime.warmup, 2)
    expect(await tryMessageAgain(world.runtime.warmup, 1)).toBe('its recipient was removed')
  })
})

describe('what would go on for ever is given up', () => {
  test('when Google fails at one mail, as at no other one', async () => {
    await using world = await openDue()
    await nearlyGiveUp(world, 'send')
    world.sandbox.control.addFault({ path: '/drafts$', method: 'POST', status: 500, count: 1 })
    expect(await runDue(world, 'send')).toBe('failed')
    expect(await theMail(world)).toMatchObject({ state: 'failed', failure: expect.stringContaining('500') })
    expect(await tasksOf(world, 'send')).toEqual([])
  })

  test('when it was being sent all the time: then nobody knows, and it is looked for', async () => {
    await using world = await openDue()
    world.sandbox.control.addFault({ path: '/drafts/send', status: 500, count: 2 })
    expect(await runDue(world, 'send')).toBe('retry')
    await nearlyGiveUp(world, 'send')
    await untilDue(world, 'send')
    expect(await runDue(world, 'send')).toBe('failed')
    expect(await theMail(world)).toMatchObject({ state: 'unknown' })
    expect(await tasksOf(world, 'settle')).toHaveLength(1)
  })

  test('when each worker that begins it dies', async () => {
    await using world = await openDue()
    using worker = handWorker(world)
    const { store } = world.runtime.warmup
    await nearlyGiveUp(world, 'send')
    const [first] = await worker.handOut('send')
    if (!first) throw new Error('nothing was handed out')
    await store.tasks.start(first, 'a worker that dies', { now: world.clock.now(), leaseSeconds: 30 })
    await lapseLeases(world)
    const [second] = await worker.handOut('send')
    expect(await tasksOf(world, 'send')).toMatchObject([
      { errors: MOST_TRIES.other, waitingFor: WORKER_DIED },
    ])
    expect(await worker.run(second)).toBe('failed')
    expect(await theMail(world)).toMatchObject({ state: 'failed', failure: expect.stringContaining('died') })
  })

  test('but not for a lease that lapsed in the queue, which nobody had begun', async () => {
    await using world = await openDue()
    using worker = handWorker(world)
    await worker.handOut('send')
    await lapseLeases(world)
    await worker.handOut('send')
    expect(await tasksOf(world, 'send')).toMatchObject([{ errors: 0, waitingFor: null }])
  })

  test('when a mail does not arrive and its sender can’t be asked: it is missing a week later', async () => {
    await using world = await openDue()
    await runDue(world, 'send')
    const { control } = world.sandbox
    control.addFault({ path: '/messages$', method: 'GET', status: 200, body: '{}', count: 1_000_000 })
    control.addFault({ path: '/threads/', status: 500, count: 1_000_000 })
    const sentAt = (await theMail(world)).sentAt?.getTime() ?? 0
    await world.runtime.db.delete(tasks).where(eq(tasks.kind, 'plan'))
    await world.runUntil(new Date(sentAt + 6 * 24 * 3_600_000))
    expect(await theMail(world)).toMatchObject({ placement: null })
    await world.runUntil(new Date(sentAt + 9 * 24 * 3_600_000))
    expect(await theMail(world)).toMatchObject({ placement: 'missing' })
  })

  test.each([
    ['plan', '/token$'],
    ['check', '/token$'],
    ['disconnect', '/revoke'],
  ] as const)('%s is told once, and begins anew by itself', async (kind, path) => {
    await using world = await openDue()
    const { warmup, db } = world.runtime
    if (kind === 'disconnect') await removeAccount(warmup, 2)
    else await db.delete(tasks).where(sql`${tasks.kind} <> ${kind} or ${tasks.accountId} <> 2`)
    await db.update(tasks).set({ dueAt: world.clock.now() }).where(eq(tasks.kind, kind))
    await nearlyGiveUp(world, kind)
    world.sandbox.control.addFault({ path, method: 'POST', status: 500, count: 2 })
    world.sandbox.control.expireAccessTokens(BEN)
    await db.execute(sql`update accounts set refresh_not_before = null`)
    world.clock.pass(2 * 3_600_000)
    for (const times of [1, 2]) {
      expect(await runDue(world, kind)).toBe('failed')
      const [again] = await tasksOf(world, kind)
      const hours = ((again?.dueAt.getTime() ?? 0) - world.clock.now().getTime()) / 3_600_000
      expect([again?.errors, hours]).toEqual([MOST_TRIES.passing - 1 + times, COMES_AGAIN_HOURS[kind]])
      expect(await eventsOf(world, 'task_failed')).toMatchObject([{ accountId: 2, data: { task: kind } }])
      await untilDue(world, kind)
    }
    expect(await runDue(world, kind)).not.toBe('failed')
  })
})

test('an outage of Google of a whole day fails no mail', async () => {
  await using world = await openDue()
  const { control } = world.sandbox
  control.addFault({ path: '/gmail/', status: 503, count: 1_000_000 })
  await world.runUntil(new Date(world.clock.now().getTime() + 30 * 3_600_000))
  control.clearFaults()
  await world.runUntil(new Date('2026-03-04T22:00:00Z'))
  const rows = await world.runtime.db.select().from(messages)
  expect(rows.filter(({ state }) => state === 'failed' || state === 'unknown')).toEqual([])
  expect(sentByAnna(world).length).toBeGreaterThanOrEqual(2)
})
