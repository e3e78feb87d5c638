import { describe, expect, test } from 'vitest'
import { eq, sql } from '../../src/db/drizzle.ts'
import { tasks } from '../../src/db/schema.ts'
import { pauseAccount } from '../../src/warmup/account-settings.ts'
import { removeAccount } from '../../src/warmup/disconnect-account.ts'
import { dropUnknown, lookAgain, lookForAll, sendUnknownAgain } from '../../src/warmup/resolve-send.ts'
import { expectAgreement } from '../support/agreement.ts'
import {
  ANNA,
  allAtOnce,
  DRAFT_KEPT,
  eventsOf,
  makeUnknown,
  openDue,
  runDue,
  sentByAnna,
  tasksOf,
  theMail,
  untilDue,
} from '../support/unknown-sends.ts'
import { handWorker, lapseLeases } from '../support/worker.ts'
import type { World } from '../support/world.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

describe('a mail of which nobody knows whether it was sent', () => {
  test('is looked for ten minutes later by itself; found, it is sent, and all goes on from there', async () => {
    await using world = await openDue()
    await makeUnknown(world, 'sent')
    const unknown = await theMail(world)
    expect(unknown).toMatchObject({ state: 'unknown', gmailMessageId: null })
    const [look] = await tasksOf(world, 'settle')
    expect(look?.dueAt.getTime()).toBe((unknown.sendStartedAt?.getTime() ?? 0) + 10 * MINUTE)

    await untilDue(world, 'settle')
    expect(await runDue(world, 'settle')).toBe('done')
    expect(await theMail(world)).toMatchObject({ state: 'sent', rfcMessageId: unknown.rfcMessageId })
    expect(await tasksOf(world, 'open')).toHaveLength(1)
    await world.runUntil(new Date('2026-03-02T22:00:00Z'))
    await expectAgreement(world.runtime, world.sandbox.control.ledger())
    expect((await theMail(world)).openedAt).not.toBeNull()
    expect(sentByAnna(world)).toContain(unknown.rfcMessageId)
  })

  test('is found under the Message-ID that Gmail has put in the place of ours, and opened by that', async () => {
    await using world = await openDue()
    world.sandbox.control.setOptions({ rewriteMessageIds: true })
    await makeUnknown(world, 'sent')
    const { rfcMessageId } = await theMail(world)
    await untilDue(world, 'settle')
    await runDue(world, 'settle')
    const found = await theMail(world)
    expect(found.state).toBe('sent')
    expect(found.rfcMessageId).not.toBe(rfcMessageId)
    expect(sentByAnna(world)).toEqual([found.rfcMessageId])
  })

  test('and is not found is looked for after ten minutes, an hour and a day, and waits for its operator', async () => {
    await using world = await openDue()
    await makeUnknown(world, 'nothing')
    const startedAt = (await theMail(world)).sendStartedAt?.getTime() ?? 0
    const looks: number[] = []
    for (;;) {
      const [look] = await tasksOf(world, 'settle')
      if (!look) break
      looks.push((look.dueAt.getTime() - startedAt) / MINUTE)
      await untilDue(world, 'settle')
      await runDue(world, 'settle')
    }
    expect(looks).toEqual([10, 60, 1440])
    expect(await theMail(world)).toMatchObject({ state: 'unknown', lookSaw: 'nothing', sentAt: null })
    expect(await eventsOf(world, 'send_not_found')).toHaveLength(3)
    expect(sentByAnna(world)).toEqual([])
  })

  test('is looked for in the mailbox of a paused account too, as that changes nothing there', async () => {
    await using world = await openDue()
    await makeUnknown(world, 'sent')
    await pauseAccount(world.runtime.warmup, 1)
    await untilDue(world, 'settle')
    expect(await runDue(world, 'settle')).toBe('done')
    expect(await theMail(world)).toMatchObject({ state: 'sent' })
  })

  test('whose sender needs re-authentication is looked for once that is connected again', async () => {
    await using world = await openDue()
    await makeUnknown(world, 'sent')
    world.sandbox.control.revokeGrant(ANNA)
    world.clock.pass(2 * HOUR)
    const { warmup } = world.runtime
    await expect(warmup.authenticateAndUpdateToken(1)).rejects.toThrow()
    expect(await lookAgain(warmup, 1)).toMatch(/once its sender is connected again/)
    await world.settle()
    expect(await theMail(world)).toMatchObject({ state: 'unknown', lookedAt: null })
    await world.connect(ANNA)
    await world.settle()
    expect(await theMail(world)).toMatchObject({ state: 'sent' })
  })

  test('whose sender was removed can’t be looked for, and says why', async () => {
    await using world = await openDue()
    await makeUnknown(world, 'nothing')
    const { warmup } = world.runtime
    await removeAccount(warmup, 1)
    expect(await lookAgain(warmup, 1)).toMatch(/removed/)
    expect(await lookForAll(warmup)).toBe(0)
    expect(await tasksOf(world, 'settle')).toEqual([])
  })

  test('stays unknown with the reason where Gmail refuses the look', async () => {
    await using world = await openDue()
    await makeUnknown(world, 'nothing')
    const { warmup } = world.runtime
    await untilDue(world, 'settle')
    world.sandbox.control.addFault({ path: '/messages$', status: 403, reason: 'forbidden', count: 1 })
    expect(await runDue(world, 'settle')).toBe('failed')
    const refused = { lookSaw: 'error', lookFailure: expect.stringContaining('forbidden') }
    expect(await theMail(world)).toMatchObject({ state: 'unknown', ...refused })
    expect(await eventsOf(world, 'task_failed')).toMatchObject([{ data: { task: 'settle' } }])
    expect(await sendUnknownAgain(warmup, 1)).toMatch(/no look has shown/)
  })

  test('is looked for again with all others at once, as soon as the operator wishes', async () => {
    await using world = await openDue()
    await makeUnknown(world, 'sent')
    expect(await lookForAll(world.runtime.warmup)).toBe(1)
    expect(await lookForAll(world.runtime.warmup)).toBe(1)
    expect(await tasksOf(world, 'settle')).toHaveLength(1)
    expect(await runDue(world, 'settle')).toBe('done')
    expect(await theMail(world)).toMatchObject({ state: 'sent' })
    expect(await lookAgain(world.runtime.warmup, 1)).toMatch(/no longer unknown/)
  })
})

describe('an unknown mail is sent again', () => {
  test('only once a look has shown that it was not sent', async () => {
    await using world = await openDue()
    await makeUnknown(world, 'nothing')
    const { warmup } = world.runtime
    expect(await sendUnknownAgain(warmup, 1)).toMatch(/no look has shown/)
    await lookAgain(warmup, 1)
    await runDue(world, 'settle')
    expect((await theMail(world)).lookSaw).toBe('nothing')
    expect(await sendUnknownAgain(warmup, 1)).toMatch(/no look has shown/)
    world.clock.pass(10 * MINUTE)
    await runDue(world, 'settle')
    expect(await sendUnknownAgain(warmup, 1)).toBeNull()
  })

  test('under a fresh Message-ID and once, counted as sent when it is sent', async () => {
    await using world = await openDue()
    await makeUnknown(world, 'nothing')
    const lost = await theMail(world)
    const { warmup } = world.runtime
    await untilDue(world, 'settle')
    await runDue(world, 'settle')
    expect(await sendUnknownAgain(warmup, 1)).toBeNull()
    expect(await runDue(world, 'settle')).toBe('done')
    const planned = await theMail(world)
    const anew = { state: 'planned', failure: null, gmailDraftId: null, sendStartedAt: null, lookedAt: null }
    expect(planned).toMatchObject(anew)
    expect(planned.rfcMessageId).not.toBe(lost.rfcMessageId)
    await world.settle()
    expect(sentByAnna(world)).toEqual([planned.rfcMessageId])
    await world.runUntil(new Date('2026-03-02T22:00:00Z'))
    await expectAgreement(world.runtime, world.sandbox.control.ledger())
    expect(await eventsOf(world, 'send_again')).toHaveLength(1)
  })

  test('by its own draft, where that is still there', async () => {
    await using world = await openDue()
    await makeUnknown(world, 'draft')
    const { rfcMessageId, gmailDraftId } = await theMail(world)
    const { warmup } = world.runtime
    await lookAgain(warmup, 1)
    await runDue(world, 'settle')
    expect(await sendUnknownAgain(warmup, 1)).toBeNull()
    await runDue(world, 'settle')
    expect(await theMail(world)).toMatchObject({ state: 'planned', rfcMessageId, gmailDraftId })
    await world.settle()
    expect(sentByAnna(world)).toEqual([rfcMessageId])
    const drafts = world.sandbox.control.messages(ANNA).filter(({ labels }) => labels.includes('DRAFT'))
    expect(drafts).toEqual([])
  })

  test('never, where the last look finds it after all', async () => {
    await using world = await openDue()
    await makeUnknown(world, 'sent')
    const { warmup } = world.runtime
    await untilDue(world, 'settle')
    // Gmail's index lags.
    world.sandbox.control.addFault({ path: '/messages$', status: 200, body: {}, count: 1 })
    world.sandbox.control.addFault({ path: '/threads/', status: 200, body: { id: 'a thread' }, count: 1 })
    await runDue(world, 'settle')
    expect(await theMail(world)).toMatchObject({ state: 'unknown', lookSaw: 'nothing' })
    expect(await sendUnknownAgain(warmup, 1)).toBeNull()
    await world.settle()
    expect(await theMail(world)).toMatchObject({ state: 'sent' })
    expect(sentByAnna(world)).toHaveLength(1)
    expect(await eventsOf(world, 'send_again')).toEqual([])
  })

  test('not by a run that has lost its lease', async () => {
    await using world = await openDue()
    await makeUnknown(world, 'nothing')
    const { warmup } = world.runtime
    await untilDue(world, 'settle')
    await runDue(world, 'settle')
    await sendUnknownAgain(warmup, 1)
    using worker = handWorker(world)
    world.sandbox.control.addFault({ path: '/messages$', delayMs: 400, count: 1 })
    const [first] = await worker.handOut('settle')
    const waking = worker.run(first)
    await expect.poll(() => world.sandbox.control.faults()).toEqual([])
    await lapseLeases(world)
    const [second] = await worker.handOut('settle')
    await waking
    expect(await theMail(world)).toMatchObject({ state: 'unknown' })
    expect(await worker.run(second)).toBe('done')
    expect(await tasksOf(world, 'send')).toHaveLength(1)
  })

  test('once, however often and by however many it is asked for', async () => {
    await using world = await openDue()
    await makeUnknown(world, 'nothing')
    const { warmup } = world.runtime
    await untilDue(world, 'settle')
    await runDue(world, 'settle')
    const answers = await allAtOnce(world, 3, () => sendUnknownAgain(warmup, 1))
    expect(new Set(answers)).toEqual(new Set([null]))
    expect(await eventsOf(world, 'resend_wished')).toHaveLength(1)
    expect(await tasksOf(world, 'settle')).toHaveLength(1)
    await world.settle()
    expect(sentByAnna(world)).toHaveLength(1)
  })

  test('not, where its recipient was removed meanwhile', async () => {
    await using world = await openDue()
    await makeUnknown(world, 'nothing')
    const { warmup } = world.runtime
    await untilDue(world, 'settle')
    await runDue(world, 'settle')
    await removeAccount(warmup, 2)
    expect(await sendUnknownAgain(warmup, 1)).toBe('its recipient was removed')
  })
})

describe('an unknown mail that is dropped', () => {
  test('is neither looked for nor sent any more, and goes on counting against its day’s limit', async () => {
    await using world = await openDue()
    await makeUnknown(world, 'nothing')
    const { sendStartedAt } = await theMail(world)
    const { warmup } = world.runtime
    const answers = await allAtOnce(world, 2, () => dropUnknown(warmup, 1))
    expect(answers.toSorted()).toEqual(['it is no longer unknown', null])
    const dropped = { state: 'cancelled', failure: expect.stringContaining('dropped by the operator') }
    expect(await theMail(world)).toMatchObject({ ...dropped, sendStartedAt })
    expect(await tasksOf(world, 'settle')).toEqual([])
    expect(await eventsOf(world, 'send_dropped')).toHaveLength(1)
    expect(await sendUnknownAgain(warmup, 1)).toMatch(/no longer unknown/)
  })

  test('while it is being looked for stays dropped', async () => {
    await using world = await openDue()
    await makeUnknown(world, 'nothing')
    const { warmup } = world.runtime
    await untilDue(world, 'settle')
    world.sandbox.control.addFault({ path: '/messages$', delayMs: 300, count: 1 })
    const looking = runDue(world, 'settle')
    await expect.poll(() => world.sandbox.control.faults()).toEqual([])
    expect(await dropUnknown(warmup, 1)).toBeNull()
    await looking
    expect(await theMail(world)).toMatchObject({ state: 'cancelled', lookSaw: null })
    expect(await tasksOf(world, 'settle')).toEqual([])
  })
})

/** Ben’s answer was being sent when its account was paused for a week: it is too late by now. */
async function openLateReply() {
  const world = await openDue()
  while ((await tasksOf(world, 'reply')).length === 0)
    await world.runUntil(new Date(world.clock.now().getTime() + 5 * MINUTE))
  await untilDue(world, 'reply')
  world.sandbox.control.addFault({ path: '/drafts/send', drop: 'before', count: 1 })
  expect(await runDue(world, 'reply')).toBe('retry')
  await pauseAccount(world.runtime.warmup, 1)
  world.clock.pass(8 * 24 * HOUR)
  return world
}

test('a mail that was being sent and is gone without a trace is unknown, however late its answer would be', async () => {
  await using world = await openLateReply()
  world.sandbox.control.addFault({
    path: '/drafts/',
    method: 'GET',
    status: 404,
    reason: 'notFound',
    count: 1,
  })
  await runDue(world, 'reply')
  expect(await world.runtime.warmup.store.messages.byId(2)).toMatchObject({ state: 'unknown' })
})

test('an answer that was being sent and whose draft is still there is withdrawn once it is too late', async () => {
  await using world = await openLateReply()
  await runDue(world, 'reply')
  expect(await world.runtime.warmup.store.messages.byId(2)).toMatchObject({
    state: 'cancelled',
    failure: 'the mail that it answers is older than a week',
    sendStartedAt: null,
  })
})

test('a mail counts against the limit of its day while it is being sent, when it is unknown and when it was dropped', async () => {
  await using world = await openDue()
  const { warmup, db } = world.runtime
  const { control } = world.sandbox
  await db.execute(sql`update accounts set daily_limit = 1 where id = 1`)
  control.addFault({ path: '/drafts/send', status: 503, count: 1 })
  expect(await runDue(world, 'send')).toBe('retry')
  const another = await planAnother(world)
  /** In which state the first mail is, and why the other one waits. */
  const standing = async () => {
    const now = world.clock.now()
    await db.update(tasks).set({ dueAt: now }).where(eq(tasks.messageId, another))
    expect(await runDue(world, 'send')).toBe('again')
    const [waits] = await db.select().from(tasks).where(eq(tasks.messageId, another))
    return [(await warmup.store.messages.byId(1))?.state, waits?.waitingFor]
  }
  expect(await standing()).toEqual(['sending', 'limit'])
  await untilDue(world, 'send')
  control.addFault(DRAFT_KEPT)
  await runDue(world, 'send')
  expect(await standing()).toEqual(['unknown', 'limit'])
  await dropUnknown(warmup, 1)
  expect(await standing()).toEqual(['cancelled', 'limit'])
})

/** One more mail of Anna’s to Ben; returns its id. */
async function planAnother(world: World): Promise<number> {
  const { store } = world.runtime.warmup
  const { textKey, textSeed, senderId, recipientId } = await theMail(world)
  const dueAt = world.clock.now()
  const party = { textKey, textSeed, senderId, recipientId }
  const mail = {
    conversationId: 'another',
    turn: 1,
    subject: 'Another',
    rfcMessageId: '<another@example.com>',
  }
  const [planned] = await store.messages.plan([{ ...party, ...mail, plannedFor: dueAt }])
  if (!planned) throw new Error('nothing was planned')
  await store.tasks.add([{ kind: 'send', accountId: senderId, messageId: planned.id, dueAt }])
  return planned.id
}
