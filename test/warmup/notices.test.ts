import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import PostalMime from 'postal-mime'
import { describe, expect, test } from 'vitest'
import { sql } from '../../src/db/drizzle.ts'
import { NeedsReauthError } from '../../src/domain/errors.ts'
import { MOST_TRIES } from '../../src/domain/task.ts'
import { createRuntime } from '../../src/runtime.ts'
import { createAuthenticator } from '../../src/warmup/authenticate-and-update-token.ts'
import { condemnAccount } from '../../src/warmup/incidents.ts'
import { sendAgain } from '../../src/warmup/send-notices.ts'
import { addWebhook, removeWebhook } from '../../src/warmup/webhooks.ts'
import { expectedSignature, openReceiver, type Receiver } from '../support/receiver.ts'
import { openSmtpServer } from '../support/smtp.ts'
import { handWorker, lapseLeases } from '../support/worker.ts'
import { BACKENDS, type Backend, openWorld, type World } from '../support/world.ts'

const EMAIL = 'anna@example.com'
const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** A world with a webhook that leads to a real receiver. */
async function openTold(options: { backend?: Backend } = {}) {
  const world = await openWorld(options)
  const receiver = await openReceiver()
  const { secret, id } = await addWebhook(world.runtime.warmup, receiver.url)
  return {
    world,
    receiver,
    secret,
    webhookId: id,
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]()
      await receiver[Symbol.asyncDispose]()
    },
  }
}

/** The account's grant dies, and a refresh finds out. */
async function die(world: World, accountId: number, email = EMAIL): Promise<void> {
  world.sandbox.control.revokeGrant(email)
  world.clock.pass(2 * HOUR)
  await expect(world.runtime.warmup.authenticateAndUpdateToken(accountId)).rejects.toThrow()
}

const later = ({ clock }: World, milliseconds: number) => new Date(clock.now().getTime() + milliseconds)
const typesOf = ({ received }: Receiver) =>
  received.map(({ document }) => document.notices.map(({ type }) => type))
const deliveriesOf = ({ runtime: { db } }: World) =>
  db.execute<{ id: number; state: string; failure: string | null }>(
    sql`select id::int, state, failure from deliveries order by id`,
  )

describe.each(BACKENDS)('with the queue on %s', (backend) => {
  test('fifty tasks that fail for one account are one notice, and its reconnection another', async () => {
    await using told = await openTold({ backend })
    const { world, receiver, secret } = told
    const account = await world.connect(EMAIL, { kind: 'pool' })
    world.sandbox.control.revokeGrant(EMAIL)
    world.clock.pass(2 * HOUR)
    const { warmup } = world.runtime
    // Each as a process of its own would.
    const tries = Array.from({ length: 50 }, () => createAuthenticator(warmup)(account.id))
    for (const { status } of await Promise.allSettled(tries)) expect(status).toBe('rejected')
    await world.runUntil(later(world, 3 * HOUR))
    expect(typesOf(receiver)).toEqual([['needs_reauth.opened']])
    const [first] = receiver.received
    expect(first?.headers['webhook-signature']).toBe(first && expectedSignature(first, secret))
    expect(first?.document.notices[0]).toMatchObject({
      account: { id: account.id, email: EMAIL },
      failure: { code: 'grant_revoked' },
      closed_at: null,
      url: `${warmup.baseUrl}/accounts/${account.id}`,
    })

    await world.connect(EMAIL)
    await world.connect(EMAIL)
    await world.runUntil(later(world, 3 * HOUR))
    expect(typesOf(receiver)).toEqual([['needs_reauth.opened'], ['needs_reauth.closed']])
    expect(await deliveriesOf(world)).toMatchObject([{ state: 'delivered' }, { state: 'delivered' }])
  })

  test('a receiver that is down hears of it once it is back, once, under the id of the first try', async () => {
    await using told = await openTold({ backend })
    const { world, receiver } = told
    const account = await world.connect(EMAIL, { kind: 'vault' })
    receiver.answer(503)
    await die(world, account.id)
    const start = world.clock.now().getTime()
    await world.runUntil(later(world, 40 * MINUTE))
    const tried = receiver.received.length
    // 30 s of collecting, then waits of 15–30 s, 30–60 s, 60–120 s, … that the world's steps of ten minutes round up.
    expect(tried).toBeGreaterThanOrEqual(3)
    expect(tried).toBeLessThanOrEqual(5)
    const [task] = await world.runtime.db.execute<{ waits: string; due: string }>(
      sql`select waiting_for as waits, due_at as due from tasks where kind = 'notify'`,
    )
    expect(task?.waits).toContain('answered 503')
    expect(new Date(task?.due ?? 0).getTime()).toBeGreaterThan(start + 40 * MINUTE)

    receiver.answer(200)
    await world.runUntil(later(world, 3 * HOUR))
    expect(receiver.received).toHaveLength(tried + 1)
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(1)
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1)
    expect(await deliveriesOf(world)).toMatchObject([{ state: 'delivered', failure: null }])
  })
})

test('three hundred accounts that die together are one message', async () => {
  await using told = await openTold()
  const { world, receiver } = told
  const { db, warmup } = world.runtime
  await db.execute(sql`
    with made as (
      insert into accounts (google_user_id, email, kind, status, open_rate, reply_rate, daily_limit, start_volume,
        daily_increase, time_zone, connected_at)
      select n::text, 'box' || n || '@dead.test', 'vault', 'active', 0.8, 0.5, 50, 5, 2, 'UTC', now()
      from generate_series(1, 300) n returning id
    ) insert into account_counts (account_id) select id from made`)
  const ids = await db.execute<{ id: number }>(sql`select id::int from accounts`)
  const why = new NeedsReauthError('account_gone', 'invalid_grant: Account has been deleted')
  await Promise.all(ids.map(({ id }) => condemnAccount(warmup, id, 1, why)))
  await world.runUntil(later(world, HOUR))
  expect(receiver.received).toHaveLength(1)
  const document = receiver.received[0]?.document
  expect(document?.notices).toHaveLength(300)
  expect(new Set(document?.notices.map(({ incident_id }) => incident_id)).size).toBe(300)
  expect(document?.text).toMatch(
    /^300 mailboxes need re-authentication: .* and 290 more \(the Google account is deleted or disabled\)\n/,
  )
})

test('a refused client is one incident for all accounts, none of which is to blame, until its secret is mended', async () => {
  await using told = await openTold()
  const { world, receiver } = told
  const { warmup } = world.runtime
  const { GOOGLE_CLIENT_ID: clientId, GOOGLE_CLIENT_SECRET: secret } = world.config
  const emails = ['anna@example.com', 'ben@example.com', 'cara@example.com']
  for (const email of emails) await world.connect(email, { kind: 'pool' })
  world.sandbox.control.setClientSecret(clientId, 'another one')
  await world.runUntil(later(world, 30 * HOUR))
  expect(typesOf(receiver)).toEqual([['app_refused.opened']])
  expect(receiver.received[0]?.document).toMatchObject({
    notices: [{ account: null, client_id: clientId, failure: { code: 'app_refused' } }],
    text: expect.stringContaining(`Google refuses the OAuth client ${clientId} (`),
  })
  const statuses = async () => (await warmup.store.accounts.all()).map(({ status }) => status)
  expect(await statuses()).toEqual(['active', 'active', 'active'])

  world.sandbox.control.setClientSecret(clientId, secret)
  await world.runUntil(later(world, 30 * HOUR))
  expect(typesOf(receiver)).toEqual([['app_refused.opened'], ['app_refused.closed']])
  expect(await statuses()).toEqual(['active', 'active', 'active'])
})

test('what opened and closed before the message left is told as both, in order', async () => {
  await using told = await openTold()
  const { world, receiver } = told
  const account = await world.connect(EMAIL, { kind: 'vault' })
  await die(world, account.id)
  await world.connect(EMAIL)
  await world.runUntil(later(world, HOUR))
  expect(typesOf(receiver)).toEqual([['needs_reauth.opened', 'needs_reauth.closed']])
})

test('a notice waits for 30 seconds, and what comes while it is under way leaves with the next', async () => {
  await using told = await openTold()
  const { world, receiver } = told
  const anna = await world.connect(EMAIL, { kind: 'vault' })
  const ben = await world.connect('ben@example.com', { kind: 'vault' })
  using worker = handWorker(world)
  await die(world, anna.id)
  world.clock.pass(29_000)
  expect(await worker.handOut('notify')).toEqual([])
  world.clock.pass(1000)
  const release = receiver.hold()
  const [handout] = await worker.handOut('notify')
  const running = worker.run(handout)
  while (receiver.received.length === 0) await delay(5)
  await die(world, ben.id, 'ben@example.com')
  release()
  expect(await running).toBe('done')
  world.clock.pass(MINUTE)
  const [next] = await worker.handOut('notify')
  expect(await worker.run(next)).toBe('done')
  expect(receiver.received.map(({ document }) => document.notices.map(({ account }) => account?.id))).toEqual(
    [[anna.id], [ben.id]],
  )
  expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(2)
})

test('a later message never overtakes an older one of its channel, and other channels do not wait', async () => {
  await using told = await openTold()
  await using other = await openReceiver()
  const { world, receiver } = told
  const account = await world.connect(EMAIL, { kind: 'vault' })
  receiver.answer(503)
  await die(world, account.id)
  await world.runUntil(later(world, 90 * MINUTE))
  await addWebhook(world.runtime.warmup, other.url)
  await world.connect(EMAIL)
  await world.runUntil(later(world, 2 * MINUTE))
  expect(typesOf(other)).toEqual([['needs_reauth.closed']])
  const waits = await world.runtime.db.execute<{ waits: string; errors: number }>(
    sql`select waiting_for as waits, errors from tasks where kind = 'notify' order by delivery_id`,
  )
  expect(waits).toMatchObject([
    { waits: expect.stringContaining('answered 503') },
    { waits: 'an older message goes first', errors: 0 },
  ])
  receiver.answer(200)
  receiver.received.length = 0
  await world.runUntil(later(world, 2 * HOUR))
  expect(typesOf(receiver)).toEqual([['needs_reauth.opened'], ['needs_reauth.closed']])
})

test('a message that waits for an older one collects on, and leaves once that has failed or has no task', async () => {
  await using told = await openTold()
  const { world, receiver } = told
  const { db } = world.runtime
  const anna = await world.connect(EMAIL, { kind: 'vault' })
  const ben = await world.connect('ben@example.com', { kind: 'vault' })
  receiver.answer(500)
  await die(world, anna.id)
  using worker = handWorker(world)
  const next = async () => {
    world.clock.pass(2 * HOUR)
    const ends: string[] = []
    for (const handout of await worker.handOut('notify')) ends.push(await worker.run(handout))
    return ends.toSorted()
  }
  expect(await next()).toEqual(['retry'])
  await world.connect(EMAIL)
  expect(await next()).toEqual(['again', 'retry'])
  await die(world, ben.id, 'ben@example.com')
  expect(await deliveriesOf(world)).toMatchObject([{ state: 'sending' }, { state: 'collecting' }])
  await db.execute(sql`update tasks set errors = ${MOST_TRIES.notice - 1} where delivery_id = 1`)
  expect(await next()).toContain('failed')
  receiver.answer(200)
  receiver.received.length = 0
  expect(await next()).toEqual(['done'])
  expect(typesOf(receiver)).toEqual([['needs_reauth.closed', 'needs_reauth.opened']])

  await db.execute(sql`update deliveries set state = 'sending' where id = 1`)
  await world.connect('ben@example.com')
  expect(await next()).toEqual(['done'])
})

test('a webhook whose address can’t be opened fails with what is wrong, and stands in nobody’s way', async () => {
  await using told = await openTold()
  const { world } = told
  const { warmup, db } = world.runtime
  const account = await world.connect(EMAIL, { kind: 'vault' })
  await db.execute(sql`update webhooks set sealed = '{"url":"http://clear.test/"}'`)
  await die(world, account.id)
  using worker = handWorker(world)
  world.clock.pass(MINUTE)
  const [handout] = await worker.handOut('notify')
  expect(await worker.run(handout)).toBe('retry')
  const [task] = await db.execute<{ waits: string }>(
    sql`select waiting_for as waits from tasks where kind = 'notify'`,
  )
  expect(task?.waits).toMatch(
    /^the webhook to 127\.0\.0\.1:\d+ can’t be opened \(not a sealed secret\): remove it/,
  )
  await addWebhook(warmup, 'https://x.test/')
  expect(await removeWebhook(warmup, told.webhookId)).toBe(true)
})

test('a worker that dies in the middle loses nothing: another one repeats it under the same id', async () => {
  await using told = await openTold()
  const { world, receiver } = told
  const account = await world.connect(EMAIL, { kind: 'vault' })
  await die(world, account.id)
  world.clock.pass(MINUTE)
  using worker = handWorker(world)
  const release = receiver.hold()
  const [handout] = await worker.handOut('notify')
  const frozen = worker.run(handout)
  while (receiver.received.length === 0) await delay(5)
  await lapseLeases(world)
  const [again] = await worker.handOut('notify')
  release()
  expect(await worker.run(again)).toBe('done')
  await frozen
  expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(1)
  expect(await deliveriesOf(world)).toMatchObject([{ state: 'delivered' }])
  expect(await worker.handOut('notify')).toEqual([])
  await world.runtime.warmup.store.deliveries.end(1, 'failed', world.clock.now(), 'a late run’s last try')
  expect(await deliveriesOf(world)).toMatchObject([{ state: 'delivered', failure: null }])
})

test('a worker that dies after it has told, and before its task is over, does not tell twice', async () => {
  await using told = await openTold()
  const { world, receiver } = told
  const { db, warmup } = world.runtime
  const account = await world.connect(EMAIL, { kind: 'vault' })
  await die(world, account.id)
  world.clock.pass(MINUTE)
  using worker = handWorker(world)
  await db.execute(sql`create function refuse() returns trigger language plpgsql as
    $$begin if old.kind = 'notify' then raise exception 'cut off'; end if; return old; end$$`)
  await db.execute(sql`create trigger cut before delete on tasks for each row execute function refuse()`)
  const error = warmup.log.error
  warmup.log.error = () => {}
  const [handout] = await worker.handOut('notify')
  expect(await worker.run(handout)).toBe('retry')
  warmup.log.error = error
  await db.execute(sql`drop trigger cut on tasks`)
  world.clock.pass(HOUR)
  const [again] = await worker.handOut('notify')
  expect(await worker.run(again)).toBe('done')
  expect(receiver.received).toHaveLength(1)
})

test('after many failures a message has failed, the operator sees why, and can send it again', async () => {
  await using told = await openTold()
  const { world, receiver } = told
  const { warmup, db } = world.runtime
  const account = await world.connect(EMAIL, { kind: 'vault' })
  receiver.answer(500)
  await die(world, account.id)
  using worker = handWorker(world)
  const ends: string[] = []
  for (let run = 0; run < MOST_TRIES.notice; run += 1) {
    world.clock.pass(HOUR)
    const [handout] = await worker.handOut('notify')
    ends.push(await worker.run(handout))
  }
  expect(ends).toEqual([...Array(MOST_TRIES.notice - 1).fill('retry'), 'failed'])
  expect(await deliveriesOf(world)).toMatchObject([
    { state: 'failed', failure: expect.stringContaining('answered 500') },
  ])
  const events = await db.execute(sql`select from events where kind = 'notice_failed'`)
  expect(events).toHaveLength(1)
  expect(await worker.handOut('notify')).toEqual([])

  receiver.answer(200)
  const id = (await deliveriesOf(world))[0]?.id ?? 0
  expect(await sendAgain(warmup, id)).toBe(true)
  expect(await sendAgain(warmup, id)).toBe(false)
  const [handout] = await worker.handOut('notify')
  expect(await worker.run(handout)).toBe('done')
  expect(await deliveriesOf(world)).toMatchObject([{ state: 'delivered', failure: null }])
  expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(1)
  expect(await sendAgain(warmup, id)).toBe(false)
})

test('removing a webhook drops what was still to be sent to it', async () => {
  await using told = await openTold()
  const { world, receiver, webhookId } = told
  const account = await world.connect(EMAIL, { kind: 'vault' })
  await die(world, account.id)
  expect(await deliveriesOf(world)).toHaveLength(1)
  expect(await removeWebhook(world.runtime.warmup, webhookId)).toBe(true)
  expect(await deliveriesOf(world)).toHaveLength(0)
  await world.runUntil(later(world, HOUR))
  expect(receiver.received).toHaveLength(0)
  expect(await removeWebhook(world.runtime.warmup, webhookId)).toBe(false)
})

test('a webhook that is removed while an account is condemned spoils nothing', async () => {
  await using told = await openTold()
  const { world, webhookId } = told
  const { store } = world.runtime.warmup
  await world.connect(EMAIL, { kind: 'vault' })
  const incident = { kind: 'needs_reauth', accountId: 1, failure: 'grant_revoked', words: 'w' } as const
  await store.transaction(async (tx) => {
    const opened = await tx.incidents.open(incident, world.clock.now())
    await removeWebhook(world.runtime.warmup, webhookId)
    const now = world.clock.now()
    const notice = { incidentId: opened?.id ?? 0, edge: 'opened' } as const
    await tx.deliveries.add(notice, [{ channel: 'webhook', webhookId }], { now, dueAt: now })
  })
  expect(await deliveriesOf(world)).toHaveLength(0)
})

describe('by mail', () => {
  async function openMailed() {
    const world = await openWorld()
    const server = await openSmtpServer()
    const config = { ...world.config, SMTP_URL: server.url, NOTICE_MAIL_TO: 'ops@example.net' }
    const runtime = createRuntime(config, world.clock, world.runtime.warmup.log)
    const mailed: World = { ...world, runtime }
    return {
      world,
      mailed,
      server,
      async [Symbol.asyncDispose]() {
        await runtime.close()
        await world[Symbol.asyncDispose]()
        await server[Symbol.asyncDispose]()
      },
    }
  }

  test('an account that died is one mail, tried again until the server takes it', async () => {
    await using opened = await openMailed()
    const { mailed, server } = opened
    const account = await mailed.connect(EMAIL, { kind: 'vault' })
    server.refuse(true)
    await die(mailed, account.id)
    using worker = handWorker(mailed)
    mailed.clock.pass(MINUTE)
    const [first] = await worker.handOut('notify')
    expect(await worker.run(first)).toBe('retry')
    server.refuse(false)
    mailed.clock.pass(HOUR)
    const [second] = await worker.handOut('notify')
    expect(await worker.run(second)).toBe('done')
    expect(server.mails).toHaveLength(1)
    const [mail] = server.mails
    expect(mail?.recipients).toEqual(['ops@example.net'])
    const { subject, text, messageId } = await PostalMime.parse(mail?.raw ?? '')
    expect(subject).toBe(`kindling: ${EMAIL} needs re-authentication`)
    expect(text).toContain(`http://127.0.0.1:9/accounts/${account.id}`)
    expect(messageId).toMatch(/^<delivery-[0-9a-z]+-1@example.net>$/)
  })

  test('a process without a mail server leaves it to another one', async () => {
    await using opened = await openMailed()
    const { world, mailed, server } = opened
    const account = await mailed.connect(EMAIL, { kind: 'vault' })
    await die(mailed, account.id)
    mailed.clock.pass(MINUTE)
    using poor = handWorker(world)
    const [first] = await poor.handOut('notify')
    expect(await poor.run(first)).toBe('retry')
    const [task] = await world.runtime.db.execute<{ waits: string }>(
      sql`select waiting_for as waits from tasks where kind = 'notify'`,
    )
    expect(task?.waits).toBe('SMTP_URL is not set in this process')
    mailed.clock.pass(HOUR)
    using worker = handWorker(mailed)
    const [second] = await worker.handOut('notify')
    expect(await worker.run(second)).toBe('done')
    expect(server.mails).toHaveLength(1)
  })
})

test('the ids of two installations that tell one receiver differ', async () => {
  await using told = await openTold()
  await using other = await openTold()
  other.world.clock.pass(1)
  for (const { world } of [told, other]) {
    const account = await world.connect(EMAIL, { kind: 'vault' })
    await die(world, account.id)
    await world.runUntil(later(world, HOUR))
  }
  expect(told.receiver.received[0]?.id).toMatch(/^delivery-[0-9a-z]+-1$/)
  expect(told.receiver.received[0]?.id).not.toBe(other.receiver.received[0]?.id)
})

describe('a webhook', () => {
  test.each([
    ['nothing', '', /expected a full http:\/\/ or https:\/\/ URL/],
    ['an address without a scheme', 'hooks.example.com', /“hooks.example.com”: expected a full/],
    ['another scheme', 'ftp://x.test/', /“ftp:\/\/x.test\/”: expected/],
    ['a password in it', 'https://me:secret@x.test/', /^x.test: .* without a user name or password in it$/],
    ['its length', `https://x.test/${'a'.repeat(2000)}`, /of at most 2000 characters/],
  ])('is refused for %s', async (_, url, words) => {
    await using world = await openWorld()
    await expect(addWebhook(world.runtime.warmup, url)).rejects.toThrow(words)
  })

  test('is one of ten at most, however many are added at once, and each URL is told once', async () => {
    await using world = await openWorld()
    const { warmup } = world.runtime
    const add = () => addWebhook(warmup, `https://x.test/${randomUUID()}`)
    const results = await Promise.allSettled(Array.from({ length: 12 }, add))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(10)
    expect(await warmup.store.webhooks.all()).toHaveLength(10)
    const [first] = await warmup.store.webhooks.all()
    await removeWebhook(warmup, first?.id ?? 0)
    const [second] = await warmup.store.webhooks.all()
    await expect(addWebhook(warmup, second?.url ?? '')).rejects.toThrow('is told already')
  })

  test('has a secret that rests encrypted', async () => {
    await using told = await openTold()
    const [row] = await told.world.runtime.db.execute<{ text: string }>(
      sql`select row_to_json(webhooks)::text as text from webhooks`,
    )
    expect(row?.text).not.toContain(told.secret.slice(6))
    expect(row?.text).not.toContain('http:')
    expect(told.secret).toMatch(/^whsec_/)
  })
})
