import { describe, expect, test } from 'vitest'
import { eq, sql } from '../../src/db/drizzle.ts'
import { accountDays, events } from '../../src/db/schema.ts'
import { expectAgreement, messagesOf } from '../support/agreement.ts'
import { BEN, openDue, runDue, theMail, untilDue } from '../support/unknown-sends.ts'
import { openWorld, type World } from '../support/world.ts'

const NEXT_DAY = new Date('2026-03-03T22:00:00Z')

/** One warmup and one pool mailbox that open and answer everything. */
async function openPair(): Promise<World> {
  const world = await openWorld()
  world.sandbox.control.forcePlacement('inbox')
  const always = { openRate: 1, replyRate: 1 }
  await world.connect('anna@example.com', { ...always, startVolume: 3, dailyIncrease: 0 })
  await world.connect('ben@example.org', { ...always, kind: 'pool' })
  return world
}

const sentBy = ({ sandbox }: World, email: string) =>
  sandbox.control
    .ledger()
    .flatMap((fact) => (fact.kind === 'sent' && fact.mailbox === email ? [fact.rfcMessageId] : []))

test.each([
  ['drops the connection before a draft is made', { path: '/drafts$', method: 'POST', drop: 'before' }],
  ['makes the draft and drops the answer', { path: '/drafts$', method: 'POST', drop: 'after' }],
  ['drops the connection before the draft is sent', { path: '/drafts/send', drop: 'before' }],
  ['sends the draft and drops the answer', { path: '/drafts/send', drop: 'after' }],
  ['answers 503 to the send', { path: '/drafts/send', status: 503, reason: 'backendError' }],
  ['answers 429 to the send', { path: '/drafts/send', status: 429, headers: { 'retry-after': '600' } }],
  ['answers 401 to the send', { path: '/drafts/send', status: 401, reason: 'authError' }],
  ['sends HTML in the place of JSON', { path: '/drafts/send', status: 200, body: '<html>' }],
  ['fails when the Message-ID is read back', { path: '/messages/', method: 'GET', status: 500 }],
  ['opens the mail and drops the answer', { path: '/modify', drop: 'after' }],
  ['finds nothing at first', { path: '/messages$', method: 'GET', status: 200, body: '{}' }],
  ['fails while it lists', { path: '/messages$', method: 'GET', status: 500 }],
] as const)('a mail is sent once, and its row tells the truth, when Gmail %s', async (_, fault) => {
  await using world = await openPair()
  world.sandbox.control.addFault({ ...fault, count: 2 })

  await world.runUntil(NEXT_DAY)

  expect(world.sandbox.control.faults()).toEqual([])
  const rows = await messagesOf(world.runtime)
  expect(rows.filter(({ turn }) => turn === 1).length).toBe(6)
  expect(rows.filter(({ state }) => state === 'failed')).toEqual([])
  await expectAgreement(world.runtime, world.sandbox.control.ledger())
  const drafts = ['anna@example.com', 'ben@example.org']
    .flatMap((email) => world.sandbox.control.messages(email))
    .filter(({ labels }) => labels.includes('DRAFT'))
  expect(drafts).toEqual([])
})

test.each([
  ['sent', 'send', 'drafts.send'],
  ['opened', 'open', 'messages.modify'],
] as const)('a mail is not %s before that is committed', async (_, kind, method) => {
  await using world = await openDue()
  const { warmup, db } = world.runtime
  if (kind === 'open') {
    await runDue(world, 'send')
    await untilDue(world, 'open')
  }
  await db.execute(sql`create function refuse() returns trigger language plpgsql as
    $$begin raise exception 'cut off'; end$$`)
  await db.execute(sql`create trigger cut before update on messages for each row execute function refuse()`)
  const { error } = warmup.log
  warmup.log.error = () => {}
  const asked = () => world.sandbox.control.callCounts()[`gmail.users.${method}`] ?? 0
  const before = asked()
  expect(await runDue(world, kind)).toBe('retry')
  expect(asked()).toBe(before)
  warmup.log.error = error
  await db.execute(sql`drop trigger cut on messages`)
  await world.runUntil(NEXT_DAY)
  expect((await theMail(world)).openedAt).not.toBeNull()
  await expectAgreement(world.runtime, world.sandbox.control.ledger())
})

test('a draft that somebody deleted before it was sent leaves the mail unknown, for the operator to see', async () => {
  await using world = await openPair()
  world.sandbox.control.addFault({ path: '/drafts/send', status: 404, reason: 'notFound', count: 1 })
  await world.runUntil(NEXT_DAY)

  const unknown = (await messagesOf(world.runtime)).filter(({ state }) => state === 'unknown')
  expect(unknown).toMatchObject([{ failure: expect.stringContaining('draft is gone') }])
  expect(sentBy(world, 'anna@example.com')).not.toContain(unknown[0]?.rfcMessageId)
})

test('a mail that Gmail refuses fails with the reason, and no other one suffers', async () => {
  await using world = await openPair()
  const reason = 'Precondition check failed.'
  world.sandbox.control.addFault({
    path: '/drafts$',
    status: 400,
    reason: 'failedPrecondition',
    message: reason,
    count: 1,
  })
  await world.runUntil(new Date('2026-03-02T18:00:00Z'))

  const failed = (await messagesOf(world.runtime)).filter(({ state }) => state === 'failed')
  expect(failed).toMatchObject([{ failure: expect.stringContaining(reason) }])
  expect(sentBy(world, 'anna@example.com')).toHaveLength(2)
})

describe('a mail whose sending Gmail refuses', () => {
  const refusal = { path: '/drafts/send', status: 400, reason: 'invalidArgument', message: 'Invalid draft' }
  const ended = async (world: World) => {
    await world.runUntil(new Date('2026-03-02T18:00:00Z'))
    expect(world.sandbox.control.faults()).toEqual([])
    return (await messagesOf(world.runtime)).filter(({ state }) => state === 'failed' || state === 'unknown')
  }

  test('was surely not sent and fails with the reason, once, and counts as refused', async () => {
    await using world = await openPair()
    world.sandbox.control.addFault(refusal)
    const [mail, ...others] = await ended(world)
    expect(others).toEqual([])
    expect(mail).toMatchObject({ state: 'failed', failure: expect.stringContaining('Invalid draft') })
    expect(sentBy(world, 'anna@example.com')).not.toContain(mail?.rfcMessageId)
    const days = await world.runtime.db.select({ refused: accountDays.refused }).from(accountDays)
    expect(days.reduce((sum, { refused }) => sum + refused, 0)).toBe(1)
  })

  test('fails as well where an earlier answer was lost and its draft is still there', async () => {
    await using world = await openPair()
    world.sandbox.control.addFault({ path: '/drafts/send', drop: 'before' })
    world.sandbox.control.addFault(refusal)
    expect(await ended(world)).toMatchObject([{ state: 'failed' }])
  })
})

test('a mail whose answer was lost is unknown where its draft and its thread are gone, until a later look finds it', async () => {
  await using world = await openPair()
  const { control } = world.sandbox
  control.addFault({ path: '/drafts/send', drop: 'after' })
  control.addFault({ path: '/threads/', status: 200, body: { id: 'thread', messages: [] } })
  await world.runUntil(new Date('2026-03-02T18:00:00Z'))
  expect(control.faults()).toEqual([])
  const doubts = await world.runtime.db.select().from(events).where(eq(events.kind, 'send_unknown'))
  const mails = await messagesOf(world.runtime)
  const mail = mails.find(({ id }) => id === doubts[0]?.messageId)
  expect([doubts.length, mail?.state]).toEqual([1, 'sent'])
  expect(sentBy(world, 'anna@example.com').filter((id) => id === mail?.rfcMessageId)).toHaveLength(1)
})

test('a mailbox whose Gmail is turned off says so and loses no mail: it goes on once that is mended', async () => {
  await using world = await openPair()
  world.sandbox.control.disableMail('anna@example.com', true)
  await world.runUntil(new Date('2026-03-02T14:00:00Z'))
  const [anna] = await world.runtime.warmup.store.accounts.all()
  expect(anna).toMatchObject({
    status: 'active',
    lastError: expect.stringContaining('Mail service not enabled'),
  })
  expect(sentBy(world, 'anna@example.com')).toEqual([])

  world.sandbox.control.disableMail('anna@example.com', false)
  await world.runUntil(NEXT_DAY)
  const messages = await messagesOf(world.runtime)
  expect(messages.filter(({ state }) => state === 'failed' || state === 'unknown')).toEqual([])
  expect(sentBy(world, 'anna@example.com').length).toBeGreaterThan(0)
})

test('a Message-ID that Gmail puts in the place of ours is the one that is searched for and answered', async () => {
  await using world = await openPair()
  world.sandbox.control.setOptions({ rewriteMessageIds: true })
  await world.runUntil(NEXT_DAY)

  await expectAgreement(world.runtime, world.sandbox.control.ledger())
  const replies = (await messagesOf(world.runtime)).filter(
    ({ turn, state }) => turn === 2 && state === 'sent',
  )
  expect(replies.length).toBeGreaterThan(0)
  const atAnna = world.sandbox.control.messages('anna@example.com')
  for (const reply of replies) {
    const [received] = atAnna.filter(({ rfcMessageId }) => rfcMessageId === reply.rfcMessageId)
    const opening = (await world.runtime.warmup.store.messages.conversation(reply.conversationId))[0]
    expect(received?.threadId).toBe(opening?.gmailThreadId)
  }
})

test('mail in spam is rescued and counted as spam, not as what it became', async () => {
  await using world = await openPair()
  world.sandbox.control.forcePlacement('spam')
  await world.runUntil(NEXT_DAY)

  const found = (await messagesOf(world.runtime)).filter(({ placement }) => placement !== null)
  expect(new Set(found.map(({ placement }) => placement))).toEqual(new Set(['spam']))
  const labels = new Set(
    world.sandbox.control
      .messages('ben@example.org')
      .filter((message) => found.some(({ recipientMessageId }) => recipientMessageId === message.id))
      .flatMap((message) => message.labels),
  )
  expect(labels).toContain('INBOX')
  expect(labels).not.toContain('SPAM')
})

test('mail that was rescued by a run that came to nothing counts as spam, and nothing is decided anew', async () => {
  await using world = await openDue()
  const { control } = world.sandbox
  control.forcePlacement('spam')
  await runDue(world, 'send')
  await untilDue(world, 'open')
  control.addFault({ path: '/modify', drop: 'after' })
  expect(await runDue(world, 'open')).toBe('retry')
  const decided = await theMail(world)
  expect(decided).toMatchObject({ placement: 'spam', openedAt: null })
  const inMailbox = () => control.messages(BEN).find(({ id }) => id === decided.recipientMessageId)
  expect(inMailbox()?.labels).toContain('INBOX')
  await untilDue(world, 'open')
  await runDue(world, 'open')
  const { placement, placedAt, labelsSeen, decisions, openedAt } = await theMail(world)
  expect({ placement, placedAt, labelsSeen, decisions }).toEqual({
    placement: decided.placement,
    placedAt: decided.placedAt,
    labelsSeen: decided.labelsSeen,
    decisions: decided.decisions,
  })
  expect(openedAt).not.toBeNull()
})

test('mail that never arrives counts as missing a day later, and nothing waits for it any more', async () => {
  await using world = await openPair()
  world.sandbox.control.addFault({
    path: '/messages$',
    method: 'GET',
    status: 200,
    body: '{}',
    count: 1_000_000,
  })
  await world.runUntil(new Date('2026-03-06T22:00:00Z'))

  const first = (await messagesOf(world.runtime)).filter(
    ({ sentAt }) => sentAt && sentAt < new Date('2026-03-04'),
  )
  expect(first.length).toBeGreaterThanOrEqual(6)
  expect(new Set(first.map(({ placement }) => placement))).toEqual(new Set(['missing']))
})
