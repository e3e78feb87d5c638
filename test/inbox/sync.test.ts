import { describe, expect, test } from 'vitest'
import { asc, eq } from '../../src/db/drizzle.ts'
import { emailMessages, mailboxes } from '../../src/db/inbox-schema.ts'
import { accounts, tasks } from '../../src/db/schema.ts'
import { fetchNow } from '../support/mail-routes.ts'
import { connectCheaply } from '../support/tokens.ts'
import { handWorker, lapseLeases } from '../support/worker.ts'
import { BACKENDS, openWorld, type World } from '../support/world.ts'

const ANNA = 'anna@sandbox.test'
const EVERY_5 = { environment: { SYNC_EVERY_MINUTES: '5' } }
const MINUTE = 60_000

async function openInbox(environment: Record<string, string> = {}) {
  const world = await openWorld({ environment: { ...EVERY_5.environment, ...environment } })
  const anna = await world.connect(ANNA, { kind: 'vault' })
  return { world, anna }
}

const kept = ({ runtime }: World) => runtime.db.select().from(emailMessages).orderBy(asc(emailMessages.id))

const deliver = (world: World, subject: string, mail: object = {}) =>
  world.sandbox.control.deliverForeign(ANNA, {
    from: 'Carl <carl@elsewhere.example>',
    subject,
    text: `The text of ${subject}.`,
    ...mail,
  })

/** Runs the next round. */
async function round(world: World, minutes = 5) {
  await world.runUntil(new Date(world.clock.now().getTime() + minutes * MINUTE))
}

describe.each(BACKENDS)('the mail of an account, the queue on %s', (backend) => {
  test('that came in since it was connected is kept by its head, in the order in which it came', async () => {
    await using world = await openWorld({ ...EVERY_5, backend })
    await world.connect(ANNA, { kind: 'vault' })
    deliver(world, 'One')
    await round(world)
    deliver(world, 'Two')
    deliver(world, 'Three')
    await round(world)
    const mails = await kept(world)
    expect(mails.map(({ subject }) => subject)).toEqual(['One', 'Two', 'Three'])
    expect(mails[0]).toMatchObject({
      sender: 'Carl <carl@elsewhere.example>',
      recipients: [ANNA],
      snippet: expect.stringContaining('The text of One'),
      labelIds: expect.arrayContaining(['INBOX', 'UNREAD']),
      class: 'other',
      rule: null,
    })
    expect(mails[0]?.size).toBeGreaterThan(100)
  })
})

test('at rest a round is one call of two units, and nothing else', async () => {
  const { world } = await openInbox()
  await using _ = world
  await round(world)
  const before = world.sandbox.control.callCounts()
  await round(world)
  const after = world.sandbox.control.callCounts()
  expect(after['gmail.users.history.list']).toBe((before['gmail.users.history.list'] ?? 0) + 1)
  expect({ ...after, 'gmail.users.history.list': 0 }).toEqual({ ...before, 'gmail.users.history.list': 0 })
})

test('a history that Gmail knows no more loses nothing, and fetches nothing twice', async () => {
  const { world } = await openInbox()
  await using _ = world
  deliver(world, 'One')
  await round(world)
  deliver(world, 'Two')
  world.sandbox.control.forgetHistory(ANNA)
  deliver(world, 'Three')
  const gets = () => world.sandbox.control.callCounts()['gmail.users.messages.get'] ?? 0
  const before = gets()
  await round(world)
  expect((await kept(world)).map(({ subject }) => subject)).toEqual(['One', 'Two', 'Three'])
  expect(gets() - before).toBe(2)
  await round(world)
  expect(await kept(world)).toHaveLength(3)
  expect(gets() - before).toBe(2)
})

test('what a run that stood still has fetched too is kept once, and its account has no error', async () => {
  const { world, anna } = await openInbox()
  await using _ = world
  await round(world)
  deliver(world, 'One')
  await world.runtime.db.update(tasks).set({ dueAt: world.clock.now() }).where(eq(tasks.kind, 'sync'))
  using frozen = handWorker(world)
  using other = handWorker(world)
  world.sandbox.control.addFault({ path: '/messages/', method: 'GET', delayMs: 600, count: 1 })
  const [first] = await frozen.handOut('sync')
  const waking = frozen.run(first)
  await expect.poll(() => world.sandbox.control.faults()).toEqual([])
  await lapseLeases(world)
  const [second] = await other.handOut('sync')
  expect(second?.taskId).toBe(first?.taskId)
  await other.run(second)
  expect(await waking).toBe('again')
  expect((await kept(world)).map(({ subject }) => subject)).toEqual(['One'])
  expect((await world.runtime.warmup.store.accounts.byId(anna.id))?.lastError).toBeNull()
})

test.each(['history', 'search'])(
  'a round reads no more heads than it may, and the next one goes on at once where it ended: by %s',
  async (way) => {
    const { world } = await openInbox({ SYNC_MAILS_PER_ROUND: '3' })
    await using _ = world
    await round(world)
    const subjects = Array.from({ length: 8 }, (_, n) => `Mail ${n}`)
    for (const subject of subjects) deliver(world, subject)
    if (way === 'search') world.sandbox.control.forgetHistory(ANNA)
    await round(world)
    expect((await kept(world)).map(({ subject }) => subject)).toEqual(subjects)
    const [mailbox] = await world.runtime.db.select().from(mailboxes)
    expect(mailbox?.historyId).not.toBeNull()
  },
)

test('with a filter only what Gmail’s search finds is kept', async () => {
  const { world, anna } = await openInbox()
  await using _ = world
  const { mailboxes: store } = world.runtime.warmup.store
  await store.updateSettings(anna.id, { everyMinutes: 5, filter: 'subject:invoice', keepsBodies: false })
  deliver(world, 'An invoice')
  deliver(world, 'A greeting')
  await round(world)
  deliver(world, 'A second invoice')
  deliver(world, 'A second greeting')
  await round(world)
  expect((await kept(world)).map(({ subject }) => subject)).toEqual(['An invoice', 'A second invoice'])
})

test('with a filter a mail that Gmail’s search does not know yet is asked for again, and what came after it waits', async () => {
  const { world, anna } = await openInbox()
  await using _ = world
  const { mailboxes: store } = world.runtime.warmup.store
  await store.updateSettings(anna.id, { everyMinutes: 5, filter: 'subject:invoice', keepsBodies: false })
  await round(world)
  deliver(world, 'A greeting')
  world.clock.pass(2 * MINUTE)
  const first = deliver(world, 'An invoice')
  const second = deliver(world, 'A second invoice')
  const search = { method: 'GET', path: '/messages$', status: 200 }
  world.sandbox.control.addFault({
    ...search,
    body: { messages: [{ id: second.id, threadId: second.threadId }] },
  })
  await fetchNow(world)
  expect(await kept(world)).toEqual([])
  const [task] = await world.runtime.db.select().from(tasks).where(eq(tasks.kind, 'sync'))
  expect(task?.dueAt).toEqual(new Date(world.clock.now().getTime() + MINUTE))
  await round(world, 1)
  expect((await kept(world)).map(({ gmailId }) => gmailId)).toEqual([first.id, second.id])
})

test('a mail that Gmail refuses to give out is kept by its id, and holds up no other one', async () => {
  const { world } = await openInbox()
  await using _ = world
  await round(world)
  const refused = deliver(world, 'One')
  deliver(world, 'Two')
  const { id } = refused
  world.sandbox.control.addFault({
    method: 'GET',
    path: `/messages/${id}$`,
    status: 400,
    message: 'Bad id',
    count: 9,
  })
  await round(world)
  expect(await kept(world)).toMatchObject([
    { gmailId: id, subject: '', snippet: expect.stringContaining('Bad id'), class: 'other' },
    { subject: 'Two' },
  ])
})

test('what the account sends, and its drafts, did not come in', async () => {
  await using world = await openWorld(EVERY_5)
  await world.connect(ANNA, { startVolume: 1, dailyIncrease: 0, dailyLimit: 1 })
  await world.connect('ben@sandbox.test', { kind: 'pool', replyRate: 0 })
  await round(world, 24 * 60)
  const mails = await kept(world)
  expect(mails).toHaveLength(1)
  expect(mails[0]).toMatchObject({ class: 'warmup', rule: 'a warmup mail of ours' })
  const [ben] = mails
  expect(ben?.accountId).not.toBe(1)
})

test('an account that is not fetched has no rounds; one that lost its grant goes on where it stopped', async () => {
  const { world, anna } = await openInbox()
  await using _ = world
  deliver(world, 'One')
  await round(world)
  world.sandbox.control.revokeGrant(ANNA)
  world.clock.moveTo(new Date(world.clock.now().getTime() + 2 * 3_600_000))
  deliver(world, 'Two')
  await round(world)
  const store = world.runtime.warmup.store
  expect((await store.accounts.byId(anna.id))?.status).toBe('needs_reauth')
  expect(await kept(world)).toHaveLength(1)
  await world.connect(ANNA)
  await round(world)
  expect((await kept(world)).map(({ subject }) => subject)).toEqual(['One', 'Two'])
  await store.mailboxes.updateSettings(anna.id, { everyMinutes: null, filter: '', keepsBodies: false })
  await round(world)
  expect(await world.runtime.db.select().from(tasks).where(eq(tasks.kind, 'sync'))).toEqual([])
})

test('a token that may not read mail is not tried; the account’s other work goes on', async () => {
  await using world = await openWorld(EVERY_5)
  world.sandbox.control.createMailbox(ANNA)
  const scopes = ['openid', 'email', 'https://www.googleapis.com/auth/gmail.send']
  const anna = await connectCheaply(world, ANNA, { scopes, settings: { kind: 'vault' } })
  await round(world)
  const [sync] = await world.runtime.db.select().from(tasks).where(eq(tasks.kind, 'sync'))
  expect(sync).toMatchObject({ errors: 0, waitingFor: 'its token may not read mail' })
  expect(world.sandbox.control.callCounts()['gmail.users.messages.list']).toBeUndefined()
  expect((await world.runtime.warmup.store.accounts.byId(anna.id))?.lastError).toBeNull()
})

test('with a new token that may read mail it is fetched again soon, not on the next day', async () => {
  await using world = await openWorld(EVERY_5)
  world.sandbox.control.createMailbox(ANNA)
  const scopes = ['openid', 'email', 'https://www.googleapis.com/auth/gmail.send']
  await connectCheaply(world, ANNA, { scopes, settings: { kind: 'vault' } })
  await round(world)
  deliver(world, 'One')
  await world.connect(ANNA)
  await round(world)
  expect((await kept(world)).map(({ subject }) => subject)).toEqual(['One'])
})

test('where an address leads to another mailbox, the counts of the one before say nothing of its history', async () => {
  const { world, anna } = await openInbox()
  await using _ = world
  await round(world)
  const { db } = world.runtime
  world.clock.pass(MINUTE)
  deliver(world, 'One')
  deliver(world, 'Two')
  const historyId = String(Number((await db.select().from(mailboxes))[0]?.historyId) + 1)
  await db.update(mailboxes).set({ historyId })
  await db.update(accounts).set({ googleUserId: 'somebody before' }).where(eq(accounts.id, anna.id))
  await world.connect(ANNA)
  await round(world)
  expect((await kept(world)).map(({ subject }) => subject)).toEqual(['One', 'Two'])
})

test('mails that name more ids than a statement has parameters hold up nothing', async () => {
  const { world } = await openInbox()
  await using _ = world
  await round(world)
  let count = 0
  const ids = () =>
    Array.from({ length: 600 }, () => `<${(count++).toString(36)}>${count % 100 ? '' : '\r\n '}`)
  for (let n = 0; n < 40; n += 1) {
    const named = ['In-Reply-To', 'References', 'X-Google-Original-Message-ID']
    const lines = [
      'From: x@y.example',
      `Subject: ${n}`,
      ...named.map((name) => `${name}: ${ids().join('')}x`),
    ]
    world.sandbox.control.deliverForeign(ANNA, { raw: `${lines.join('\r\n')}\r\n\r\nHi` })
  }
  expect(count).toBeGreaterThan(65_535)
  await round(world)
  expect(await kept(world)).toHaveLength(40)
})

test('more mail than an account’s quota pays for in a minute is fetched in rounds that it does pay for', async () => {
  const { world } = await openInbox({ SYNC_MAILS_PER_ROUND: '500' })
  await using _ = world
  await round(world)
  const subjects = Array.from({ length: 310 }, (_, n) => `Mail ${n}`)
  for (const subject of subjects) deliver(world, subject)
  await round(world, 60)
  expect((await kept(world)).map(({ subject }) => subject)).toEqual(subjects)
})

test('a mail that bears a time which none has holds up nothing', async () => {
  const { world } = await openInbox()
  await using _ = world
  await round(world)
  const times = ['-86400000', '0', '8640000000000000']
  for (const internalDate of times) {
    const { id, threadId } = deliver(world, internalDate)
    const payload = { headers: [{ name: 'Subject', value: internalDate }] }
    world.sandbox.control.addFault({
      path: `/messages/${id}`,
      status: 200,
      body: { id, threadId, internalDate, payload },
    })
  }
  await round(world)
  const mails = await kept(world)
  expect(mails.map(({ subject }) => subject)).toEqual(times)
  expect(mails.map(({ receivedAt }) => receivedAt.getUTCFullYear())).toEqual([1970, 1970, 9999])
})

test('the beginning of a mail stands there as text, not as Gmail writes it for HTML', async () => {
  const { world } = await openInbox()
  await using _ = world
  deliver(world, 'One', { text: 'It’s "<b>" & it\'s &lt;' })
  await round(world)
  expect((await kept(world))[0]?.snippet).toBe('It’s "<b>" & it\'s &lt;')
})

test('a round takes back the error that a round has met, and none of another task', async () => {
  const { world, anna } = await openInbox()
  await using _ = world
  const { accounts } = world.runtime.warmup.store
  const lastError = async () => (await accounts.byId(anna.id))?.lastError
  await round(world)
  world.sandbox.control.addFault({ path: '/history', status: 503, reason: 'backendError', count: 1 })
  const failed = async () => (await lastError()) !== null
  while (!(await failed())) await round(world, 1)
  expect(await lastError()).toContain('503')
  await round(world)
  expect(await lastError()).toBeNull()
  await accounts.setLastError(anna.id, 'Mail was refused')
  await round(world)
  expect(await lastError()).toBe('Mail was refused')
})
