import { describe, expect, test } from 'vitest'
import { eq } from '../../src/db/drizzle.ts'
import { accountCounts, accountDays, events, placementCounts, tasks } from '../../src/db/schema.ts'
import { UNKNOWN_ADDRESS } from '../../src/sandbox/mail/bounce.ts'
import { removeAccount } from '../../src/warmup/disconnect-account.ts'
import { messagesOf } from '../support/agreement.ts'
import { handWorker, lapseLeases } from '../support/worker.ts'
import { openWorld, type World } from '../support/world.ts'

const ANNA = 'anna@example.com'
const BEN = 'ben@example.org'
const { status, words } = UNKNOWN_ADDRESS

/** Anna writes to Ben, who is in Tokyo and whose server does with mail what it is told to. */
async function openWithMailTo(
  refusal: { status: string; words: string; action?: 'failed' | 'delayed' } | null,
) {
  const world = await openWorld()
  world.sandbox.control.forcePlacement('inbox')
  const anna = await world.connect(ANNA, { startVolume: 1, dailyIncrease: 0, replyRate: 0 })
  const ben = await world.connect(BEN, { kind: 'pool', replyRate: 0, timeZone: 'Asia/Tokyo' })
  if (refusal) world.sandbox.control.refuseMail(BEN, refusal)
  return { world, anna, ben }
}

/** Until the first mail is sent, and its recipient's look for it is due. */
async function sendFirst(world: World) {
  const look = async () => {
    const [row] = await world.runtime.db.select().from(tasks).where(eq(tasks.kind, 'open'))
    return row
  }
  for (;;) {
    const due = await look()
    if (due) {
      const [message] = await messagesOf(world.runtime)
      if (!message) throw new Error('no mail')
      return { dueAt: due.dueAt, message }
    }
    await world.runUntil(new Date(world.clock.now().getTime() + 60_000))
  }
}

const END = new Date('2026-03-04T06:00:00Z')
const firstOf = async ({ runtime }: World) => (await messagesOf(runtime))[0]
const countsOf = async ({ runtime }: World, id: number) =>
  (await runtime.db.select().from(accountCounts).where(eq(accountCounts.accountId, id)))[0]
const daysOf = async ({ runtime }: World, id: number) =>
  runtime.db.select().from(accountDays).where(eq(accountDays.accountId, id))
const bouncesIn = ({ runtime }: World) => runtime.db.select().from(events).where(eq(events.kind, 'bounced'))
const callsOf = ({ sandbox }: World, method: string) =>
  sandbox.control.callCounts()[`gmail.users.${method}`] ?? 0

/** Nothing in the sender's mailbox was changed but the label of its own copies. */
function expectNoNoticeTouched({ sandbox }: World) {
  const notices = sandbox.control.messages(ANNA).filter(({ foreign }) => foreign)
  expect(notices.length).toBeGreaterThan(0)
  const modified = sandbox.control
    .ledger()
    .flatMap((fact) => (fact.kind === 'modified' ? [fact.messageId] : []))
  for (const { id, labels } of notices) {
    expect(modified).not.toContain(id)
    expect(labels).toContain('UNREAD')
  }
}

describe('a mail that its recipient’s server refuses', () => {
  test('ends as bounced, with status and words, counted for sender and recipient on the day of each', async () => {
    const { world, anna, ben } = await openWithMailTo({ status, words })
    await using _ = world
    const { dueAt } = await sendFirst(world)
    // For Ben it is the next day by then.
    const late = new Date('2026-03-02T22:50:00Z')
    await world.runtime.db.update(tasks).set({ dueAt: late }).where(eq(tasks.dueAt, dueAt))
    await world.runUntil(new Date('2026-03-03T04:00:00Z'))

    expect(await firstOf(world)).toMatchObject({
      state: 'sent',
      placement: 'bounced',
      placedAt: late,
      bounceStatus: status,
      bounceWords: words,
      labelsSeen: null,
      decisions: {},
      opens: false,
      recipientMessageId: null,
    })
    expect(await countsOf(world, anna.id)).toMatchObject({ bounced: 1, bouncedTo: 0, missing: 0, placed: 0 })
    expect(await countsOf(world, ben.id)).toMatchObject({ bounced: 0, bouncedTo: 1, received: 0 })
    expect(await daysOf(world, anna.id)).toMatchObject([{ day: '2026-03-02', bounced: 1, bouncedTo: 0 }])
    const ofBen = (await daysOf(world, ben.id)).filter(({ bouncedTo }) => bouncedTo > 0)
    expect(ofBen).toMatchObject([{ day: '2026-03-03', bounced: 0, bouncedTo: 1 }])
    expect(await world.runtime.db.select().from(placementCounts)).toEqual([
      { senderId: anna.id, domain: 'example.org', placement: 'bounced', mails: 1 },
    ])
    expect(await bouncesIn(world)).toMatchObject([
      { accountId: anna.id, data: { reason: `${status} ${words}` } },
    ])
    expect(await world.runtime.db.select().from(tasks).where(eq(tasks.kind, 'open'))).toEqual([])
    expectNoNoticeTouched(world)
  })

  test('is counted once, though its process dies between the record and the end of its task', async () => {
    const { world, anna, ben } = await openWithMailTo({ status, words })
    await using _ = world
    const { dueAt } = await sendFirst(world)
    world.clock.moveTo(dueAt)
    const { tasks: queue } = world.runtime.warmup.store
    using dying = handWorker(world)
    using other = handWorker(world)
    const { finish } = queue
    queue.finish = () => new Promise(() => {})
    const [first] = await dying.handOut('open')
    void dying.run(first)
    await expect.poll(() => bouncesIn(world)).toHaveLength(1)
    queue.finish = finish
    await lapseLeases(world)
    const [second] = await other.handOut('open')
    expect(second?.taskId).toBe(first?.taskId)
    expect(await other.run(second)).toBe('done')
    expect(await bouncesIn(world)).toHaveLength(1)
    expect(await countsOf(world, anna.id)).toMatchObject({ bounced: 1 })
    expect(await countsOf(world, ben.id)).toMatchObject({ bouncedTo: 1 })
  })

  test('is counted once, though two runs have read the notice', async () => {
    const { world, anna } = await openWithMailTo({ status, words })
    await using _ = world
    const { dueAt } = await sendFirst(world)
    world.clock.moveTo(dueAt)
    using frozen = handWorker(world)
    using other = handWorker(world)
    world.sandbox.control.addFault({ path: '/threads/', delayMs: 600, count: 1 })
    const [first] = await frozen.handOut('open')
    const waking = frozen.run(first)
    await expect.poll(() => world.sandbox.control.faults()).toEqual([])
    await lapseLeases(world)
    const [second] = await other.handOut('open')
    expect(await other.run(second)).toBe('done')
    await waking
    expect(await bouncesIn(world)).toHaveLength(1)
    expect(await countsOf(world, anna.id)).toMatchObject({ bounced: 1 })
  })

  test('is only missing where its sender was removed: nobody can look there any more', async () => {
    const { world, anna, ben } = await openWithMailTo({ status, words })
    await using _ = world
    await sendFirst(world)
    await removeAccount(world.runtime.warmup, anna.id)
    await world.runUntil(END)
    expect(await firstOf(world)).toMatchObject({ placement: 'missing', bounceStatus: null })
    expect(callsOf(world, 'threads.get')).toBe(0)
    expect(await countsOf(world, ben.id)).toMatchObject({ bouncedTo: 0 })
    expect((await world.runtime.warmup.store.accounts.byId(ben.id))?.lastError).toBeNull()
  })

  test('is only missing where the sender needs re-authentication, and its recipient is not to blame', async () => {
    const { world, anna, ben } = await openWithMailTo({ status, words })
    await using _ = world
    await sendFirst(world)
    world.sandbox.control.killGrant(ANNA, 'revoked')
    await world.runUntil(END)
    expect(await firstOf(world)).toMatchObject({ placement: 'missing' })
    const { accounts } = world.runtime.warmup.store
    expect(await accounts.byId(anna.id)).toMatchObject({ status: 'needs_reauth' })
    expect(await accounts.byId(ben.id)).toMatchObject({ status: 'active', lastError: null })
  })

  test('is not given up as missing while its sender’s mailbox can’t be asked', async () => {
    const { world, ben } = await openWithMailTo({ status, words })
    await using _ = world
    await sendFirst(world)
    world.sandbox.control.addFault({ path: '/threads/', status: 503, reason: 'backendError', count: 1_000 })
    await world.runUntil(END)
    expect(await firstOf(world)).toMatchObject({ placement: null })
    expect((await world.runtime.warmup.store.accounts.byId(ben.id))?.lastError).toBeNull()
    world.sandbox.control.clearFaults()
    await world.runUntil(new Date(END.getTime() + 24 * 3_600_000))
    expect(await firstOf(world)).toMatchObject({ placement: 'bounced' })
  })
})

describe('no bounce', () => {
  test('is a mail that arrives: nobody asks its sender', async () => {
    const { world } = await openWithMailTo(null)
    await using _ = world
    await world.runUntil(new Date('2026-03-03T06:00:00Z'))
    expect(await firstOf(world)).toMatchObject({ placement: 'inbox' })
    expect(callsOf(world, 'threads.get')).toBe(0)
  })

  test('is a mail that is delayed: it is waited for', async () => {
    const { world, anna, ben } = await openWithMailTo({
      status: '4.4.1',
      words: 'No answer yet.',
      action: 'delayed',
    })
    await using _ = world
    const { dueAt } = await sendFirst(world)
    hideFromBen(world, 3)
    await world.runUntil(new Date(dueAt.getTime() + 5 * 60_000))
    expect(callsOf(world, 'threads.get')).toBe(1)
    expect(await firstOf(world)).toMatchObject({ placement: null })
    await world.runUntil(new Date('2026-03-03T06:00:00Z'))
    expect(await firstOf(world)).toMatchObject({ placement: 'inbox', bounceStatus: null })
    expect(await countsOf(world, anna.id)).toMatchObject({ bounced: 0, placed: 1 })
    expect(await countsOf(world, ben.id)).toMatchObject({ bouncedTo: 0, received: 1 })
    expectNoNoticeTouched(world)
  })

  test('is told by foreign mail that looks like a notice: it is ignored, and left as it is', async () => {
    const { world } = await openWithMailTo(null)
    await using _ = world
    const { dueAt, message } = await sendFirst(world)
    hideFromBen(world, 1)
    const mails = lookalikes(message)
    for (const raw of mails) world.sandbox.control.deliverForeign(ANNA, { raw })
    const inThread = world.sandbox.control
      .messages(ANNA)
      .filter(({ threadId }) => threadId === message.gmailThreadId)
    expect(inThread).toHaveLength(1 + mails.length)
    await world.runUntil(new Date(dueAt.getTime() + 2 * 60_000))
    expect(callsOf(world, 'threads.get')).toBe(1)
    expect(await bouncesIn(world)).toEqual([])
    await world.runUntil(new Date('2026-03-03T06:00:00Z'))
    expect(await firstOf(world)).toMatchObject({ placement: 'inbox' })
    expectNoNoticeTouched(world)
  })
})

/** Ben's mailbox does not find what is looked for, so many times. */
function hideFromBen({ sandbox }: World, count: number) {
  sandbox.control.addFault({ method: 'GET', path: '/messages$', status: 200, body: {}, count })
}

function lookalikes({ rfcMessageId, subject }: { rfcMessageId: string; subject: string }): string[] {
  const head = (type: string, more: string[] = []) =>
    [
      'From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>',
      `To: ${ANNA}`,
      `Subject: Re: ${subject}`,
      `In-Reply-To: ${rfcMessageId}`,
      `References: ${rfcMessageId}`,
      `X-Failed-Recipients: ${BEN}`,
      `Content-Type: ${type}`,
      ...more,
      '',
      '',
    ].join('\r\n')
  const fields = (recipient: string) =>
    `Reporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; ${recipient}\r\nAction: failed\r\nStatus: 5.1.1\r\n`
  const report = (body: string) =>
    `${head('multipart/report; report-type=delivery-status; boundary=b1')}--b1\r\nContent-Type: message/delivery-status\r\n\r\n${body}\r\n`
  return [
    `${head('text/plain')}${fields(BEN)}`,
    `${head('multipart/mixed; boundary=b1')}--b1\r\nContent-Type: message/delivery-status\r\n\r\n${fields(BEN)}\r\n--b1--`,
    `${report(fields('somebody@example.net'))}--b1--`,
    `${report('Reporting')}`,
    `${report(fields(BEN))}--b1\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <another@example.com>\r\n\r\nHello\r\n--b1--`,
  ]
}
