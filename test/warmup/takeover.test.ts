import { describe, expect, test } from 'vitest'
import { asc, eq } from '../../src/db/drizzle.ts'
import { accountCounts, accounts, events, incidents, tasks } from '../../src/db/schema.ts'
import { settingsOf } from '../../src/domain/account.ts'
import { MOST_TRIES } from '../../src/domain/task.ts'
import { createRuntime, startClock } from '../../src/runtime.ts'
import { pauseAccount, resumeAccount } from '../../src/warmup/account-settings.ts'
import { removeAccount } from '../../src/warmup/disconnect-account.ts'
import { messagesOf } from '../support/agreement.ts'
import { handWorker, lapseLeases } from '../support/worker.ts'
import { openWorld, type World } from '../support/world.ts'

const ANNA = 'anna@example.com'

async function openPair(startVolume = 1) {
  const world = await openWorld()
  world.sandbox.control.forcePlacement('inbox')
  const always = { openRate: 1, replyRate: 1 }
  const anna = await world.connect(ANNA, { ...always, startVolume, dailyIncrease: 0 })
  const ben = await world.connect('ben@example.org', { ...always, kind: 'pool' })
  return { world, anna, ben }
}

/** Anna's day is planned, and her first mail is due now. */
async function openWithDueMail(startVolume = 1) {
  const opened = await openPair(startVolume)
  const { world } = opened
  using worker = handWorker(world)
  for (const handout of await worker.handOut('plan')) await worker.run(handout)
  const [first] = await world.runtime.db
    .select()
    .from(tasks)
    .where(eq(tasks.kind, 'send'))
    .orderBy(asc(tasks.dueAt))
  if (!first) throw new Error('nothing was planned')
  world.clock.moveTo(first.dueAt)
  return opened
}

const sentByAnna = ({ sandbox }: World) =>
  sandbox.control.ledger().filter((fact) => fact.kind === 'sent' && fact.mailbox === ANNA)
const draftCalls = ({ sandbox }: World) => sandbox.control.callCounts()['gmail.users.drafts.create'] ?? 0
const tokenOf = ({ runtime }: World, id: number) => runtime.warmup.store.tokens.of(id)

describe('a run whose lease was taken over', () => {
  test('does not send the mail a second time when it wakes', async () => {
    const { world } = await openWithDueMail()
    await using _ = world
    using frozen = handWorker(world)
    using other = handWorker(world)
    world.sandbox.control.addFault({ path: '/drafts$', method: 'POST', delayMs: 600, count: 1 })
    const [first] = await frozen.handOut('send')
    const waking = frozen.run(first)
    await expect.poll(() => world.sandbox.control.faults()).toEqual([])
    await lapseLeases(world)
    const [second] = await other.handOut('send')
    expect(second?.taskId).toBe(first?.taskId)
    expect(await other.run(second)).toBe('done')
    await waking
    expect(draftCalls(world)).toBe(2)
    expect(sentByAnna(world)).toHaveLength(1)
  })

  test('does not plan the day a second time', async () => {
    const { world, anna } = await openPair(3)
    await using _ = world
    const { warmup } = world.runtime
    using frozen = handWorker(world)
    using other = handWorker(world)
    const open = warmup.openMailbox
    let wake = () => {}
    const sleep = new Promise<void>((resolve) => {
      wake = resolve
    })
    warmup.openMailbox = async (...mailbox) => {
      warmup.openMailbox = open
      await sleep
      return open(...mailbox)
    }
    const [first] = await frozen.handOut('plan')
    const waking = frozen.run(first)
    await expect.poll(() => warmup.openMailbox === open).toBe(true)
    await lapseLeases(world)
    const [second] = await other.handOut('plan')
    await other.run(second)
    wake()
    await waking
    expect(await messagesOf(world.runtime)).toHaveLength(3)
    expect((await warmup.store.accounts.byId(anna.id))?.warmupDay).toBe(1)
  })

  test('does not open the mail a second time when it wakes', async () => {
    const { world, ben } = await openWithDueMail()
    await using _ = world
    const { db } = world.runtime
    // It goes on reading, so that its task is still there.
    await db.update(accounts).set({ importantRate: 1 })
    using frozen = handWorker(world)
    using other = handWorker(world)
    const [send] = await frozen.handOut('send')
    await frozen.run(send)
    const [open] = await db.select().from(tasks).where(eq(tasks.kind, 'open'))
    world.clock.moveTo(open?.dueAt ?? world.clock.now())
    world.sandbox.control.addFault({ path: '/modify', delayMs: 600, count: 1 })
    const [first] = await frozen.handOut('open')
    const waking = frozen.run(first)
    await expect.poll(() => world.sandbox.control.faults()).toEqual([])
    await lapseLeases(world)
    const [second] = await other.handOut('open')
    expect(second?.taskId).toBe(first?.taskId)
    await other.run(second)
    await waking
    const opened = await db.select().from(events).where(eq(events.kind, 'opened'))
    expect(opened).toHaveLength(1)
    const counted = await db.select().from(accountCounts).where(eq(accountCounts.accountId, ben.id))
    expect(counted).toMatchObject([{ opened: 1, received: 1 }])
  })

  test('is void when it had lain in the queue, so that an account never has two tasks at once', async () => {
    const { world } = await openWithDueMail()
    await using _ = world
    using worker = handWorker(world)
    const [late] = await worker.handOut('send')
    await lapseLeases(world)
    expect(await worker.run(late)).toBe('void')
  })
})

test('a send that was permitted before six and is ready after six waits for the next working day', async () => {
  const { world } = await openWithDueMail()
  await using _ = world
  world.clock.moveTo(new Date('2026-03-02T17:59:50Z'))
  using worker = handWorker(world)
  world.sandbox.control.addFault({ path: '/drafts$', method: 'POST', delayMs: 300, count: 1 })
  const [handout] = await worker.handOut('send')
  const running = worker.run(handout)
  await expect.poll(() => world.sandbox.control.faults()).toEqual([])
  world.clock.pass(19_000)
  expect(await running).toBe('again')
  expect(sentByAnna(world)).toEqual([])
})

test.each(['paused', 'limited'] as const)(
  'a mail whose account is %s while its draft is made is not sent',
  async (change) => {
    const { world, anna } = await openWithDueMail()
    await using _ = world
    const { warmup } = world.runtime
    using worker = handWorker(world)
    world.sandbox.control.addFault({ path: '/drafts$', method: 'POST', delayMs: 300, count: 1 })
    const [handout] = await worker.handOut('send')
    const running = worker.run(handout)
    await expect.poll(() => world.sandbox.control.faults()).toEqual([])
    if (change === 'paused') await pauseAccount(warmup, anna.id)
    else await warmup.store.accounts.updateSettings(anna.id, { ...settingsOf(anna), dailyLimit: 0 })
    expect(await running).toBe('again')
    expect(sentByAnna(world)).toEqual([])
  },
)

test('a mail that a person writes in the thread of one that is being sent is not taken for ours', async () => {
  const { world, anna } = await openWithDueMail()
  await using _ = world
  using worker = handWorker(world)
  world.sandbox.control.addFault({ path: '/drafts/send', status: 503, count: 1 })
  const [handout] = await worker.handOut('send')
  expect(await worker.run(handout)).toBe('retry')
  const [message] = await messagesOf(world.runtime)
  const headers = [
    'To: ben@example.org',
    `Subject: ${message?.subject}`,
    'Message-ID: <by-hand@example.com>',
    `References: ${message?.rfcMessageId}`,
  ]
  const raw = Buffer.from(`${headers.join('\r\n')}\r\n\r\nby hand`).toString('base64url')
  const answer = await fetch(`${world.sandbox.origin}/gmail/v1/users/me/messages/send`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${(await tokenOf(world, anna.id))?.token.access_token}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ raw, threadId: message?.gmailThreadId }),
  })
  expect(answer.status).toBe(200)

  world.clock.pass(10 * 60_000)
  await world.settle()
  const [after] = await messagesOf(world.runtime)
  expect(after).toMatchObject({ state: 'sent', rfcMessageId: message?.rfcMessageId })
  expect(sentByAnna(world)).toHaveLength(2)
})

test('a mail that has left is sent, though its sender’s grant dies before anything else can be asked', async () => {
  const { world, anna } = await openWithDueMail()
  await using _ = world
  using worker = handWorker(world)
  await world.runtime.warmup.authenticateAndUpdateToken(anna.id)
  world.sandbox.control.addFault({ path: '/messages/', method: 'GET', status: 401, count: 1 })
  world.sandbox.control.addFault({ path: '/token$', method: 'POST', reason: 'invalid_grant', count: 1 })
  const [handout] = await worker.handOut('send')
  expect(await worker.run(handout)).toBe('parked')
  expect(world.sandbox.control.faults()).toEqual([])
  expect((await world.runtime.warmup.store.accounts.byId(anna.id))?.status).toBe('needs_reauth')
  expect(await messagesOf(world.runtime)).toMatchObject([{ state: 'sent' }])
  await world.connect(ANNA)
  await world.settle()
  expect(sentByAnna(world)).toHaveLength(1)
})

test('of two sends of an account that rest on the same facts, one is begun', async () => {
  const { world } = await openWithDueMail(2)
  await using _ = world
  const { store } = world.runtime.warmup
  using worker = handWorker(world)
  const sends = await world.runtime.db.select().from(tasks).where(eq(tasks.kind, 'send'))
  world.clock.moveTo(new Date(Math.max(...sends.map(({ dueAt }) => dueAt.getTime()))))
  const [first] = await worker.handOut('send')
  // The second one is handed out beside it, as where the first one's lease has run out.
  await world.runtime.db
    .update(tasks)
    .set({ handout: 1, leaseUntil: new Date(Date.now() + 30_000) })
    .where(eq(tasks.kind, 'send'))
  const times = { now: world.clock.now(), leaseSeconds: 30 }
  const begun = await Promise.all(
    sends.map(async ({ id }) => {
      const run = await store.tasks.start({ taskId: id, kind: 'send', handout: 1 }, `run ${id}`, times)
      if (!run?.message || !run.sending) throw new Error('a send has not begun')
      const draft = { draftId: `draft ${id}`, threadId: `thread ${id}`, now: times.now }
      return store.sends.begin(run.message, draft, run.sending, { taskId: id, owner: `run ${id}` })
    }),
  )
  expect(first).toBeDefined()
  expect(begun.toSorted()).toEqual([false, true])
})

test('a decision whose rate was put to another question meanwhile is made anew, and counted once', async () => {
  const { world, ben } = await openWithDueMail()
  await using _ = world
  using worker = handWorker(world)
  const [send] = await worker.handOut('send')
  await worker.run(send)
  const [open] = await world.runtime.db.select().from(tasks).where(eq(tasks.kind, 'open'))
  world.clock.moveTo(open?.dueAt ?? world.clock.now())
  world.sandbox.control.addFault({ path: '/messages$', method: 'GET', delayMs: 300, count: 1 })
  const [handout] = await worker.handOut('open')
  const running = worker.run(handout)
  await expect.poll(() => world.sandbox.control.faults()).toEqual([])
  const elsewhere = { open: { asked: 10, granted: 10 } }
  await world.runtime.db
    .update(accountCounts)
    .set({ rateRuns: elsewhere })
    .where(eq(accountCounts.accountId, ben.id))
  expect(await running).toBe('again')
  expect(await messagesOf(world.runtime)).toMatchObject([{ placement: null }])
  await world.settle()
  const [mail] = await messagesOf(world.runtime)
  expect(mail).toMatchObject({ placement: 'inbox', decisions: { open: { asked: 10 } } })
  expect((await world.runtime.warmup.store.counts.runs(ben.id)).open).toEqual({ asked: 11, granted: 11 })
})

describe('an account that is removed', () => {
  test('while a mail of it is being sent leaves that mail unknown, for the operator to see', async () => {
    const { world, anna } = await openWithDueMail()
    await using _ = world
    using worker = handWorker(world)
    world.sandbox.control.addFault({ path: '/drafts/send', status: 503, count: 1 })
    const [handout] = await worker.handOut('send')
    expect(await worker.run(handout)).toBe('retry')
    await removeAccount(world.runtime.warmup, anna.id)
    expect(await messagesOf(world.runtime)).toMatchObject([{ state: 'unknown' }])
  })

  test('keeps the token it gets by coming back while its old grant is being revoked', async () => {
    const { world, anna } = await openPair()
    await using _ = world
    using worker = handWorker(world)
    await removeAccount(world.runtime.warmup, anna.id)
    world.sandbox.control.addFault({ path: '/revoke', method: 'POST', delayMs: 800, count: 1 })
    const [handout] = await worker.handOut('disconnect')
    const revoking = worker.run(handout)
    await expect.poll(() => world.sandbox.control.faults()).toEqual([])
    await world.connect(ANNA)
    await revoking
    expect(await tokenOf(world, anna.id)).not.toBeNull()
  })

  test('and comes back with other rates begins to count anew', async () => {
    const { world, ben } = await openPair()
    await using _ = world
    const { counts } = world.runtime.warmup.store
    await world.runtime.db
      .update(accountCounts)
      .set({ rateRuns: { open: { asked: 200, granted: 20 } } })
      .where(eq(accountCounts.accountId, ben.id))
    await removeAccount(world.runtime.warmup, ben.id)
    await world.settle()
    await world.connect('ben@example.org', { kind: 'pool', openRate: 0.5 })
    expect((await counts.runs(ben.id)).open).toBeUndefined()
  })
})

describe('what can’t succeed is given up', () => {
  test('when the recipient has deleted the mail before it was opened', async () => {
    const { world } = await openPair()
    await using _ = world
    world.sandbox.control.addFault({ path: '/modify', status: 404, reason: 'notFound', count: 1_000_000 })
    await world.runUntil(new Date('2026-03-05T22:00:00Z'))
    const open = await world.runtime.db.select().from(tasks).where(eq(tasks.kind, 'open'))
    expect(open.filter(({ errors }) => errors > 5)).toEqual([])
  })

  test('when the thread of a reply is gone', async () => {
    const { world } = await openPair()
    await using _ = world
    const isReplyDue = async () =>
      (await world.runtime.db.select().from(tasks).where(eq(tasks.kind, 'reply'))).length > 0
    while (!(await isReplyDue())) await world.runUntil(new Date(world.clock.now().getTime() + 5 * 60_000))
    world.sandbox.control.addFault({
      path: '/drafts$',
      method: 'POST',
      status: 404,
      reason: 'notFound',
      count: 1_000_000,
    })
    await world.runUntil(new Date('2026-03-06T22:00:00Z'))
    const replies = (await messagesOf(world.runtime)).filter(({ turn }) => turn === 2)
    const failed = { state: 'failed', failure: expect.stringContaining('notFound') }
    expect(replies).toContainEqual(expect.objectContaining(failed))
  })

  test('when an error of our own comes back for days on end, over any number of nights', async () => {
    const { world } = await openWithDueMail()
    await using _ = world
    const { warmup } = world.runtime
    let broke = 0
    warmup.log.error = () => {
      broke += 1
    }
    Object.defineProperty(warmup, 'texts', {
      get() {
        throw new Error('the texts are broken')
      },
    })
    await world.runUntil(new Date('2026-03-10T22:00:00Z'))
    expect(await messagesOf(world.runtime)).toMatchObject([
      { state: 'failed', failure: 'the texts are broken' },
    ])
    expect(broke).toBeGreaterThanOrEqual(MOST_TRIES.other)
  })
})

test('days that were paused are not made up for: the ramp of the day holds', async () => {
  const { world, anna } = await openWithDueMail(5)
  await using _ = world
  await pauseAccount(world.runtime.warmup, anna.id)
  await world.runUntil(new Date('2026-03-05T06:00:00Z'))
  await resumeAccount(world.runtime.warmup, anna.id)
  await world.runUntil(new Date('2026-03-05T22:00:00Z'))
  const openings = (await messagesOf(world.runtime)).filter(({ turn, sentAt }) => turn === 1 && sentAt)
  expect(openings).toHaveLength(5)
})

test('a paused account that is connected again stays paused', async () => {
  const { world, anna } = await openPair()
  await using _ = world
  await pauseAccount(world.runtime.warmup, anna.id)
  expect((await world.connect(ANNA)).status).toBe('paused')
})

test('an address that another account still goes by is refused with the account to mend first', async () => {
  const { world, anna, ben } = await openPair()
  await using _ = world
  const { db } = world.runtime
  await db.update(accounts).set({ email: 'moved@example.com' }).where(eq(accounts.id, anna.id))
  await db.update(accounts).set({ email: ANNA }).where(eq(accounts.id, ben.id))
  await expect(world.connect(ANNA)).rejects.toThrow(`connect account ${ben.id} again first`)
})

test('a rotated refresh token is not lost by one failed save', async () => {
  const { world, ben } = await openPair()
  await using _ = world
  const { warmup } = world.runtime
  world.sandbox.control.setOptions({ rotateRefreshTokens: true })
  world.clock.pass(2 * 60 * 60_000)
  const { save } = warmup.store.tokens
  warmup.store.tokens.save = async () => {
    warmup.store.tokens.save = save
    throw new Error('the connection was closed')
  }
  expect(await warmup.authenticateAndUpdateToken(ben.id)).toMatchObject({ refreshed: true })
  world.clock.pass(2 * 60 * 60_000)
  expect(await warmup.authenticateAndUpdateToken(ben.id)).toMatchObject({ refreshed: true })
})

test('a process that was frozen between Google’s answer and the commit brings its account back to life', async () => {
  const { world, ben } = await openPair()
  await using _ = world
  const { warmup, db } = world.runtime
  world.sandbox.control.setOptions({ rotateRefreshTokens: true })
  world.clock.pass(2 * 60 * 60_000)
  const { save } = warmup.store.tokens
  const frozen = Promise.withResolvers<void>()
  const thawed = Promise.withResolvers<void>()
  warmup.store.tokens.save = async (...saved) => {
    frozen.resolve()
    await thawed.promise
    return save(...saved)
  }
  const refreshing = warmup.authenticateAndUpdateToken(ben.id)
  await frozen.promise
  await db.update(accounts).set({ refreshUntil: null })
  const other = createRuntime(world.config, world.clock, warmup.log)
  await expect(other.warmup.authenticateAndUpdateToken(ben.id)).rejects.toThrow('invalid_grant')
  await other.close()
  expect(await warmup.store.accounts.byId(ben.id)).toMatchObject({ status: 'needs_reauth' })

  thawed.resolve()
  expect(await refreshing).toMatchObject({ refreshed: true })
  expect(await warmup.store.accounts.byId(ben.id)).toMatchObject({
    status: 'active',
    failure: null,
    lastError: null,
  })
  expect(await db.select().from(incidents)).toMatchObject([{ closedAt: expect.any(Date) }])
  expect(await warmup.authenticateAndUpdateToken(ben.id, { newerThan: 3 })).toMatchObject({ refreshed: true })
})

test('a database with real accounts is not run at a sandbox’s speed, nor a sandbox’s at the wall’s', async () => {
  const { world } = await openPair()
  await using _ = world
  const { DATABASE_URL } = world.config
  await expect(startClock({ DATABASE_URL, WARMUP_SPEED: 1440 })).rejects.toThrow('without real accounts')
  const { stop } = await startClock({ DATABASE_URL, WARMUP_SPEED: 1 })
  await stop()
})
