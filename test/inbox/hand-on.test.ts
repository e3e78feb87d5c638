import PostalMime from 'postal-mime'
import { describe, expect, test } from 'vitest'
import { sql } from '../../src/db/drizzle.ts'
import type { HandedMail } from '../../src/domain/handed-mail.ts'
import { mailTakers } from '../../src/mail-takers.ts'
import { createQueueBackend } from '../../src/runtime.ts'
import { removeAccount } from '../../src/warmup/disconnect-account.ts'
import { classifiedMail } from '../support/kept-mail.ts'
import { startKillProcess } from '../support/kills/kill-process.ts'
import { addHook, addRoute, fetchNow, foreignWorker, handoffsOf } from '../support/mail-routes.ts'
import { expectedSignature, openReceiver, type Received, type Receiver } from '../support/receiver.ts'
import { openSmtpServer } from '../support/smtp.ts'
import { lapseLeases } from '../support/worker.ts'
import { BACKENDS, type Backend, openWorld, type World } from '../support/world.ts'

const ANNA = 'anna@sandbox.test'
const BEN = 'ben@sandbox.test'
const HOUR = 3_600_000

/** Anna's mailbox, and somebody to whom its mail is posted. */
async function openHanding(options: { backend?: Backend; environment?: Record<string, string> } = {}) {
  const { environment, ...rest } = options
  const world = await openWorld({ ...rest, environment: { SYNC_EVERY_MINUTES: '1440', ...environment } })
  const receiver = await openReceiver()
  const anna = await world.connect(ANNA, { kind: 'vault' })
  return {
    world,
    receiver,
    anna,
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]()
      await receiver[Symbol.asyncDispose]()
    },
  }
}

const deliver = (world: World, ...subjects: string[]) => deliverTo(world, ANNA, ...subjects)
function deliverTo(world: World, email: string, ...subjects: string[]): void {
  for (const subject of subjects)
    world.sandbox.control.deliverForeign(email, {
      from: 'Carl <carl@elsewhere.example>',
      subject,
      text: 'Hi',
    })
}

const mailOf = ({ body }: Received) => JSON.parse(body) as HandedMail
const subjectsOf = ({ received }: Receiver) => received.map((one) => mailOf(one).message.subject)
const later = ({ clock }: World, milliseconds: number) => new Date(clock.now().getTime() + milliseconds)

describe.each(BACKENDS)('with the queue on %s, a mail that a route takes', (backend) => {
  test('is posted to its webhook, signed, in the order in which mail came in', async () => {
    await using handing = await openHanding({ backend })
    const { world, receiver, anna } = handing
    const { secret } = await addHook(world, receiver.url, { name: 'to us', sender: 'CARL@' })
    deliver(world, 'One', 'Two', 'Three')
    world.sandbox.control.deliverForeign(ANNA, { from: 'x@y.example', subject: 'Not ours', text: 'Hi' })
    await fetchNow(world)
    expect(subjectsOf(receiver)).toEqual(['One', 'Two', 'Three'])
    for (const one of receiver.received) {
      expect(one.headers['webhook-signature']).toBe(expectedSignature(one, secret))
      expect(one.id).toBe(mailOf(one).id)
    }
    const [first] = receiver.received as [Received]
    const now = world.clock.now().toISOString()
    expect(mailOf(first)).toEqual({
      type: 'email.received',
      id: expect.stringMatching(/^handoff-[0-9a-z]+-\d+$/),
      route: 'to us',
      account: { id: anna.id, email: ANNA },
      message: {
        id: expect.any(Number),
        gmailId: expect.any(String),
        threadId: expect.any(String),
        rfcMessageId: expect.stringMatching(/^<.*@elsewhere\.example>$/),
        from: 'Carl <carl@elsewhere.example>',
        recipients: [ANNA],
        subject: 'One',
        snippet: 'Hi',
        labelIds: expect.arrayContaining(['INBOX', 'UNREAD']),
        size: expect.any(Number),
        receivedAt: now,
        processedAt: now,
        class: 'other',
        rule: null,
      },
    })
  })

  test('is put into a queue that the operator’s own worker reads, once however often it is handed on', async () => {
    await using handing = await openHanding({ backend })
    const { world } = handing
    const routeId = await addRoute(world, { target: 'queue', destination: 'incoming-mail' })
    deliver(world, 'One', 'Two')
    await fetchNow(world)
    // As after a kill before it was kept that they were taken.
    await world.runtime.db.execute(sql`update handoffs set state = 'dead'`)
    expect(await world.runtime.warmup.store.mailRoutes.replay({ routeId }, world.clock.now())).toBe(2)
    await world.settle()
    expect(await handoffsOf(world, routeId)).toMatchObject([{ state: 'handed' }, { state: 'handed' }])
    await using worker = foreignWorker(world, 'incoming-mail')
    await expect.poll(() => worker.read.length).toBe(2)
    expect(worker.read.map(({ mail }) => mail.message.subject)).toEqual(['One', 'Two'])
    for (const { jobId, mail } of worker.read) expect(jobId).toBe(mail.id)
  })

  test('is told by mail, with where it lies', async () => {
    await using smtp = await openSmtpServer()
    const environment = { SMTP_URL: smtp.url, NOTICE_MAIL_TO: 'ops@ops.test' }
    await using handing = await openHanding({ backend, environment })
    const { world } = handing
    await addRoute(world, { target: 'mail', destination: 'desk@ops.test' })
    deliver(world, 'Größe\r\nBcc: x@evil.example')
    await fetchNow(world)
    expect(smtp.mails).toHaveLength(1)
    expect(smtp.mails[0]?.recipients).toEqual(['desk@ops.test'])
    const mail = await PostalMime.parse(smtp.mails[0]?.raw ?? '')
    expect(mail.subject).toBe(`[${ANNA}] Größe Bcc: x@evil.example`)
    expect(mail.messageId).toMatch(/^<handoff-/)
    expect(mail.text).toContain('From:     Carl <carl@elsewhere.example>')
  })

  test('is posted again under the same id by who follows a worker that was killed before it could keep that', async () => {
    await using handing = await openHanding({ backend })
    const { world, receiver } = handing
    await using process = await startKillProcess(world, backend, new URL(receiver.url).origin)
    const route = await addHook(world, `${process.origin}/hook`)
    deliver(world, 'One', 'Two')
    await world.runtime.db.execute(
      sql`update tasks set due_at = ${world.clock.now().toISOString()} where kind = 'sync'`,
    )
    process.points.arm({ effect: 'POST webhook', nth: 1, edge: 'after' })
    await expect
      .poll(() => process.dispatch().then(() => process.points.isDead()), { timeout: 20_000, interval: 100 })
      .toBe(true)
    await process.gone
    expect(subjectsOf(receiver)).toEqual(['One'])
    expect(await handoffsOf(world, route.id)).toMatchObject([{ state: 'waiting' }, { state: 'waiting' }])
    await lapseLeases(world)
    await world.settle()
    expect(subjectsOf(receiver)).toEqual(['One', 'One', 'Two'])
    const [first, again] = receiver.received
    expect([again?.id, again?.body]).toEqual([first?.id, first?.body])
  })
})

test('a receiver that fails holds back what follows for this account and route, and nothing else', async () => {
  await using handing = await openHanding()
  const { world, receiver } = handing
  await using other = await openReceiver()
  await world.connect(BEN, { kind: 'vault' })
  const route = await addHook(world, receiver.url, { name: 'fails' })
  await addHook(world, other.url, { name: 'works' })
  receiver.answer(503)
  deliver(world, 'One', 'Two')
  await fetchNow(world)
  deliver(world, 'Three')
  await fetchNow(world)
  expect(subjectsOf(receiver)).toEqual(['One'])
  expect(subjectsOf(other)).toEqual(['One', 'Two', 'Three'])

  receiver.answer(204)
  deliverTo(world, BEN, 'Of Ben')
  await fetchNow(world)
  expect(subjectsOf(receiver)).toEqual(['One', 'Of Ben'])
  expect((await handoffsOf(world, route.id)).map(({ tries }) => tries)).toEqual([1, 0, 0, 1])
  await world.runUntil(later(world, HOUR))
  expect(subjectsOf(receiver)).toEqual(['One', 'Of Ben', 'One', 'Two', 'Three'])
  expect(receiver.received[2]?.id).toBe(receiver.received[0]?.id)
})

test('after 40 tries a mail is given up, those behind it go on, and a replay hands it on under its id', async () => {
  await using handing = await openHanding()
  const { world, receiver } = handing
  const { store } = world.runtime.warmup
  const route = await addHook(world, receiver.url)
  receiver.answer(500)
  deliver(world, 'One', 'Two')
  await fetchNow(world)
  const start = world.clock.now().getTime()
  while ((await handoffsOf(world, route.id))[0]?.state === 'waiting') await world.runUntil(later(world, HOUR))
  const hours = (world.clock.now().getTime() - start) / HOUR
  expect(hours).toBeGreaterThan(8)
  expect(hours).toBeLessThan(36)
  const { host } = new URL(receiver.url)
  expect((await handoffsOf(world, route.id))[0]).toMatchObject({
    state: 'dead',
    tries: 40,
    failure: `${host} answered 500`,
  })
  expect(subjectsOf(receiver).slice(0, 41)).toEqual([...Array(40).fill('One'), 'Two'])

  receiver.answer(200)
  await world.runUntil(later(world, 2 * HOUR))
  expect(subjectsOf(receiver).at(-1)).toBe('Two')
  expect(await store.mailRoutes.replay({ routeId: route.id }, world.clock.now())).toBe(1)
  await world.settle()
  expect(subjectsOf(receiver).at(-1)).toBe('One')
  expect(receiver.received.at(-1)?.id).toBe(receiver.received[0]?.id)
  expect(await handoffsOf(world, route.id)).toMatchObject([{ state: 'handed' }, { state: 'handed' }])
  expect(await store.mailRoutes.replay({ routeId: route.id }, world.clock.now())).toBe(0)
})

test('a refusal, a redirect and silence are not taken for an answer, and it is kept what they were', async () => {
  await using handing = await openHanding()
  const { world, receiver } = handing
  const { host } = new URL(receiver.url)
  const route = await addHook(world, receiver.url)
  const failure = async () => (await handoffsOf(world, route.id))[0]?.failure
  receiver.answer(400)
  deliver(world, 'One')
  await fetchNow(world)
  expect(await failure()).toBe(`${host} answered 400`)
  receiver.answer(301, { location: receiver.url })
  await tryNow(world)
  expect(await failure()).toBe(`${host} answered 301, and a redirect is not followed`)
  const release = receiver.hold()
  await tryNow(world)
  expect(await failure()).toContain(`no answer from ${host}: `)
  release()
  expect(await handoffsOf(world, route.id)).toMatchObject([{ state: 'waiting', tries: 3 }])
  expect(subjectsOf(receiver)).toEqual(['One', 'One', 'One'])
}, 30_000)

test('more mail than one run hands on goes in its order all the same', async () => {
  await using handing = await openHanding()
  const { world, receiver } = handing
  await addHook(world, receiver.url)
  const subjects = Array.from({ length: 60 }, (_, n) => `Mail ${n}`)
  deliver(world, ...subjects)
  await fetchNow(world)
  expect(subjectsOf(receiver)).toEqual(subjects)
})

test('a route that is removed takes with it what waited for it, and mail that is kept meanwhile is kept without it', async () => {
  await using handing = await openHanding()
  const { world, receiver } = handing
  const { store } = world.runtime.warmup
  const route = await addHook(world, receiver.url)
  receiver.answer(503)
  deliver(world, 'One', 'Two')
  await fetchNow(world)
  const isRemoved = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  const removing = store.transaction(async (tx) => {
    await tx.mailRoutes.remove(route.id)
    isRemoved.resolve()
    await goOn.promise
  })
  await isRemoved.promise
  deliver(world, 'Three')
  const fetched = fetchNow(world)
  await expect.poll(() => someoneWaits(world), { timeout: 10_000 }).toBe(true)
  goOn.resolve()
  await Promise.all([removing, fetched])
  await world.runUntil(later(world, 2 * HOUR))
  expect(subjectsOf(receiver)).toEqual(['One'])
  expect(await store.mailRoutes.remove(route.id)).toBeNull()
  const [kept] = await world.runtime.db.execute(
    sql`select (select count(*)::int from email_messages) as mails, (select count(*)::int from handoffs) as handoffs`,
  )
  expect(kept).toEqual({ mails: 3, handoffs: 0 })
})

test('nothing of an account that was removed is handed on, nor after it was connected again', async () => {
  await using handing = await openHanding()
  const { world, receiver, anna } = handing
  const { store } = world.runtime.warmup
  const route = await addHook(world, receiver.url)
  receiver.answer(503)
  deliver(world, 'Given up', 'Waits')
  await fetchNow(world)
  await world.runtime.db.execute(sql`
    update handoffs set state = 'dead' where id = (select min(id) from handoffs)`)
  await removeAccount(world.runtime.warmup, anna.id)
  receiver.answer(204)
  expect(await store.mailRoutes.replay({ routeId: route.id }, world.clock.now())).toBe(0)
  await world.runUntil(later(world, HOUR))
  expect((await handoffsOf(world, route.id)).map(({ state }) => state)).toEqual(['dead'])
  await world.connect(ANNA, { kind: 'vault' })
  deliver(world, 'New')
  await fetchNow(world)
  await world.runUntil(later(world, HOUR))
  expect(subjectsOf(receiver)).toEqual(['Given up', 'New'])
})

test('what is replayed while its account is being removed does not wait to be handed on', async () => {
  await using handing = await openHanding()
  const { world, receiver, anna } = handing
  const { store } = world.runtime.warmup
  const route = await addHook(world, receiver.url)
  receiver.answer(503)
  deliver(world, 'Given up')
  await fetchNow(world)
  await world.runtime.db.execute(sql`update handoffs set state = 'dead'`)
  let replaying: Promise<number> | undefined
  await store.transaction(async (tx) => {
    await tx.accounts.changeStatus(anna.id, ['active'], 'removed')
    replaying = store.mailRoutes.replay({ routeId: route.id }, world.clock.now())
    await expect.poll(() => someoneWaits(world), { timeout: 10_000 }).toBe(true)
  })
  expect(await replaying).toBe(0)
  expect((await handoffsOf(world, route.id)).map(({ state }) => state)).toEqual(['dead'])
})

test('of a round that is being kept while its account is removed nothing waits to be handed on', async () => {
  await using handing = await openHanding()
  const { world, receiver, anna } = handing
  const { store } = world.runtime.warmup
  const route = await addHook(world, receiver.url)
  const { db } = world.runtime
  const [task] = await db.execute<{ id: number }>(
    sql`update tasks set started_by = 'a run' where kind = 'sync' returning id::int`,
  )
  const now = world.clock.now()
  const mail = classifiedMail({ receivedAt: now, subject: 'One' })
  const round = {
    ...{ accountId: anna.id, mails: [mail], handoffs: [{ gmailId: 'a', routeId: route.id }], historyId: '1' },
    ...{
      notifiedId: null,
      everyMinutes: 1440,
      fetchedAt: now,
      watchAgainAt: null,
      now,
      next: { at: now, reason: '' },
    },
  }
  let removing: Promise<boolean> | undefined
  await store.transaction(async (tx) => {
    expect(await tx.inbox.keep(round, { taskId: task?.id ?? 0, owner: 'a run' })).toBe(true)
    removing = removeAccount(world.runtime.warmup, anna.id)
    await expect.poll(() => someoneWaits(world), { timeout: 10_000 }).toBe(true)
  })
  expect(await removing).toBe(true)
  expect(await handoffsOf(world, route.id)).toEqual([])
  await world.connect(ANNA, { kind: 'vault' })
  await world.settle()
  expect(subjectsOf(receiver)).toEqual([])
})

test('a route whose secret does not open says so, and blocks no other', async () => {
  await using handing = await openHanding()
  const { world, receiver } = handing
  await using other = await openReceiver()
  const route = await addHook(world, receiver.url, { name: 'sealed' })
  await addHook(world, other.url, { name: 'open' })
  await world.runtime.db.execute(
    sql`update mail_routes set sealed = (select sealed from mail_routes where name = 'open') where name = 'sealed'`,
  )
  deliver(world, 'One')
  await fetchNow(world)
  expect(subjectsOf(other)).toEqual(['One'])
  expect(await handoffsOf(world, route.id)).toMatchObject([
    { state: 'waiting', failure: 'its secret does not open with TOKEN_ENCRYPTION_KEYS' },
  ])
})

test('what is replayed while the account’s mail is being handed on does not wait for the next mail', async () => {
  await using handing = await openHanding()
  const { world, receiver } = handing
  await using slow = await openReceiver()
  const route = await addHook(world, receiver.url, { name: 'dead' })
  await addHook(world, slow.url, { name: 'slow', subject: 'two' })
  const { store } = world.runtime.warmup
  deliver(world, 'One')
  await fetchNow(world)
  await world.runtime.db.execute(sql`update handoffs set state = 'dead'`)
  const release = slow.hold()
  deliver(world, 'Two')
  const fetched = fetchNow(world)
  await expect.poll(() => slow.received.length, { timeout: 10_000 }).toBe(1)
  await store.transaction(async (tx) => {
    await tx.mailRoutes.replay({ routeId: route.id }, world.clock.now())
    // The run is over but for keeping that: nothing is left to hand on, as far as it can see.
    release()
    await expect.poll(() => someoneWaits(world), { timeout: 10_000 }).toBe(true)
  })
  await fetched
  expect(subjectsOf(receiver)).toEqual(['One', 'Two', 'One'])
})

test('an account that lost its grant still has its mail handed on, and is no healthier for that', async () => {
  await using handing = await openHanding()
  const { world, receiver, anna } = handing
  const { store } = world.runtime.warmup
  const route = await addHook(world, receiver.url)
  receiver.answer(503)
  deliver(world, 'One')
  await fetchNow(world)
  world.sandbox.control.revokeGrant(ANNA)
  world.clock.moveTo(later(world, 2 * HOUR))
  await fetchNow(world)
  const before = await store.accounts.byId(anna.id)
  expect(before?.status).toBe('needs_reauth')
  receiver.answer(204)
  await tryNow(world)
  expect(await handoffsOf(world, route.id)).toMatchObject([{ state: 'handed' }])
  expect((await store.accounts.byId(anna.id))?.lastError).toBe(before?.lastError)
})

test('a mail that tells of another one is not told by mail itself: two mailboxes would go on for ever', async () => {
  await using smtp = await openSmtpServer()
  await using handing = await openHanding({
    environment: { SMTP_URL: smtp.url, NOTICE_MAIL_TO: 'ops@ops.test' },
  })
  const { world, receiver } = handing
  await addRoute(world, { target: 'mail', destination: ANNA })
  await addHook(world, receiver.url)
  deliver(world, 'One')
  await fetchNow(world)
  world.sandbox.control.deliverForeign(ANNA, { raw: smtp.mails[0]?.raw ?? '' })
  await fetchNow(world)
  expect(subjectsOf(receiver)).toEqual(['One', `[${ANNA}] One`])
  expect(smtp.mails).toHaveLength(1)
})

test('what answers a mail that tells of another one, or tells that it came back, is not told by mail either', async () => {
  await using smtp = await openSmtpServer()
  await using handing = await openHanding({
    environment: { SMTP_URL: smtp.url, NOTICE_MAIL_TO: 'ops@ops.test' },
  })
  const { world } = handing
  await addRoute(world, { target: 'mail', destination: 'desk@ops.test' })
  deliver(world, 'One')
  await fetchNow(world)
  expect(smtp.mails[0]?.raw).toMatch(/^Auto-Submitted: auto-generated/m)
  const { messageId } = await PostalMime.parse(smtp.mails[0]?.raw ?? '')
  const from = 'Mail Delivery Subsystem <mailer-daemon@elsewhere.example>'
  const subject = 'Delivery Status Notification (Failure)'
  world.sandbox.control.deliverForeign(ANNA, { from, subject, text: 'x', inReplyTo: messageId as string })
  await fetchNow(world)
  expect(smtp.mails).toHaveLength(1)
})

test('no mail goes into a queue of our own', async () => {
  await using handing = await openHanding()
  const { world } = handing
  const route = await addRoute(world, { target: 'queue', destination: 'kindling-send' })
  deliver(world, 'One')
  await fetchNow(world)
  expect(await handoffsOf(world, route)).toMatchObject([
    { state: 'waiting', failure: '“kindling-send” is no name for a queue of others' },
  ])
})

test('a queue whose store is away holds up no run', async () => {
  await using handing = await openHanding()
  const { config, runtime } = handing.world
  const backend = createQueueBackend({ ...config, REDIS_URL: 'redis://127.0.0.1:9' }, runtime.warmup.log)
  const { queue } = mailTakers(runtime.warmup.notifier, backend)
  const route = { id: 1, name: 'q', target: 'queue', destination: 'q', webhook: null } as const
  await expect(queue(route, { id: 'handoff-1' } as HandedMail, AbortSignal.timeout(100))).rejects.toThrow(
    'the queue did not take it',
  )
  await backend.close()
})

async function someoneWaits({ runtime: { db } }: World): Promise<boolean> {
  const [row] = await db.execute<{ waits: boolean }>(sql`
    select exists (select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock') as waits`)
  return row?.waits === true
}

/** What waits is tried again before its time. */
async function tryNow(world: World): Promise<void> {
  const { db } = world.runtime
  await db.execute(sql`update handoffs set not_before = null`)
  await db.execute(sql`update tasks set due_at = ${world.clock.now().toISOString()} where kind = 'hand_on'`)
  await world.settle()
}
