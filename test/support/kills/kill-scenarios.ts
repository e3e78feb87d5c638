import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import type { Account } from '../../../src/db/accounts.ts'
import { eq, sql } from '../../../src/db/drizzle.ts'
import { accounts } from '../../../src/db/schema.ts'
import { sealToken } from '../../../src/db/tokens.ts'
import type { AccountSettings } from '../../../src/domain/account.ts'
import { NeedsReauthError } from '../../../src/domain/errors.ts'
import type { TaskKind } from '../../../src/domain/task.ts'
import { removeAccount } from '../../../src/warmup/disconnect-account.ts'
import { condemnAccount } from '../../../src/warmup/incidents.ts'
import { newRfcMessageId } from '../../../src/warmup/plan-account-day.ts'
import { addWebhook, removeWebhook } from '../../../src/warmup/webhooks.ts'
import type { Receiver } from '../receiver.ts'
import { connectCheaply } from '../tokens.ts'
import { handWorker } from '../worker.ts'
import type { World } from '../world.ts'

/** Who takes part in one kill: a warmup and a pool account that nobody has met before. */
export type Cast = { world: World; receiver: Receiver; hookUrl: string; anna: Account; ben: Account }
/** Leaves one task due; what it returns holds the end against what should have become of that task. */
type Scenario = (cast: Cast) => Promise<() => Promise<void>>

const ALWAYS: Partial<AccountSettings> = {
  sendDays: [1, 2, 3, 4, 5, 6, 7],
  sendHours: ['00:00-24:00'],
  wakingHours: ['00:00-24:00'],
  minPauseMinutes: 0,
  openRate: 1,
  replyRate: 1,
  importantRate: 1,
  starRate: 1,
  startVolume: 2,
  dailyIncrease: 0,
}

/** Every kind of task, and every way of running one that passes other boundaries. */
export const SCENARIOS: Record<TaskKind, Record<string, Scenario>> = {
  plan: { 'a day': planADay },
  send: { 'an opening': sendAnOpening },
  open: { 'finding a mail': findAMail, 'the end of its reading': endReading },
  reply: { 'an answer': answer },
  settle: {
    'a mail whose answer was lost': settleAMail,
    'a mail that was not sent': lookInVain,
    'a mail that is wanted sent again': sendAgain,
  },
  check: { 'a token': checkAToken },
  disconnect: { 'a removed account': disconnect },
  sync: { 'by search': syncBySearch, 'by history': syncByHistory },
  hand_on: { 'two mails': handOnMails },
  notify: { 'an incident': tellAnIncident },
  tidy: { 'an old event': tidyAnEvent },
}

/** Two new accounts with nothing to do. Their domain is one that is looked up. */
export async function newCast(
  world: World,
  receiver: Receiver,
  { origin, number }: { origin: string; number: number },
): Promise<Cast> {
  const connect = async (name: string, kind: 'warmup' | 'pool') => {
    const email = `${name}@side${number}.com`
    world.sandbox.control.createMailbox(email)
    return connectCheaply(world, email, { settings: { ...ALWAYS, kind } })
  }
  const anna = await connect('anna', 'warmup')
  const ben = await connect('ben', 'pool')
  await world.runtime.db.execute(
    sql`update tasks set due_at = due_at + interval '1 day' where account_id in (${anna.id}, ${ben.id})`,
  )
  return { world, receiver, hookUrl: `${origin}/hook/${number}`, anna, ben }
}

async function planADay({ world, anna }: Cast) {
  await makeDue(world, sql`kind = 'plan' and account_id = ${anna.id}`)
  return async () => {
    const planned = await world.runtime.db.execute<{ mails: number; tasks: number }>(sql`
      select count(*)::int as mails, count(t.id)::int as tasks from messages m
      left join tasks t on t.message_id = m.id and t.kind = 'send' where m.sender_id = ${anna.id}`)
    expect(planned).toEqual([{ mails: 2, tasks: 2 }])
  }
}

async function sendAnOpening(cast: Cast) {
  const id = await planMail(cast)
  return () => expectMail(cast, id, { state: 'sent' })
}

async function findAMail(cast: Cast) {
  const id = await planMail(cast)
  await runByHand(cast, 'send', id)
  await makeDue(cast.world, sql`kind = 'open' and message_id = ${id}`)
  // It is being read now.
  return () => expectMail(cast, id, { placement: 'inbox', opened: true, handled: false })
}

async function endReading(cast: Cast) {
  const id = await planMail(cast)
  await runByHand(cast, 'send', id)
  await runByHand(cast, 'open', id)
  await makeDue(cast.world, sql`kind = 'open' and message_id = ${id}`)
  return () => expectMail(cast, id, { placement: 'inbox', opened: true, handled: true })
}

async function answer(cast: Cast) {
  const id = await planMail(cast)
  await runByHand(cast, 'send', id)
  await runByHand(cast, 'open', id)
  await runByHand(cast, 'open', id)
  const replyId = await idOf(cast.world, sql`select id::int from messages where in_reply_to = ${id}`)
  await makeDue(cast.world, sql`kind = 'reply' and message_id = ${replyId}`)
  return () => expectMail(cast, replyId, { state: 'sent' })
}

async function settleAMail(cast: Cast) {
  const { world } = cast
  const id = await planMail(cast)
  world.sandbox.control.addFault({ path: '/drafts/send', drop: 'after' })
  await runByHand(cast, 'send', id)
  // Who fails in one play after the other looks like an outage of Google.
  const ask = await world.runtime.warmup.openMailbox(cast.anna.id)
  await ask((mailbox) => mailbox.address())
  await world.runtime.db.execute(sql`update messages set state = 'unknown' where id = ${id}`)
  await world.runtime.db.execute(
    sql`update tasks set kind = 'settle' where kind = 'send' and message_id = ${id}`,
  )
  await makeDue(world, sql`kind = 'settle' and message_id = ${id}`)
  return () => expectMail(cast, id, { state: 'sent' })
}

async function lookInVain(cast: Cast) {
  const { world } = cast
  const id = await loseMail(cast)
  return async () => {
    await expectMail(cast, id, { state: 'unknown', lookSaw: 'nothing' })
    const [next] = await world.runtime.db.execute<{ waits: boolean }>(sql`
      select due_at > ${world.clock.now().toISOString()} as waits from tasks where kind = 'settle' and message_id = ${id}`)
    expect(next).toEqual({ waits: true })
  }
}

async function sendAgain(cast: Cast) {
  const { db } = cast.world.runtime
  const id = await loseMail(cast)
  const now = cast.world.clock.now().toISOString()
  await db.execute(
    sql`update messages set looked_at = ${now}, look_saw = 'nothing', resend_wished_at = ${now} where id = ${id}`,
  )
  return () => expectMail(cast, id, { state: 'sent' })
}

/** A mail of which nothing is in any mailbox, though two hours ago Gmail was asked to send it; it is to be looked for now. */
async function loseMail(cast: Cast): Promise<number> {
  const { world, anna } = cast
  const id = await planMail(cast)
  const { store } = world.runtime.warmup
  const dueAt = world.clock.now()
  const begun = new Date(dueAt.getTime() - 2 * 3_600_000).toISOString()
  await world.runtime.db.execute(
    sql`update messages set state = 'unknown', failure = 'lost', send_started_at = ${begun} where id = ${id}`,
  )
  await store.tasks.removeOfMessage('send', id)
  await store.tasks.add([{ kind: 'settle', accountId: anna.id, messageId: id, dueAt }])
  return id
}

async function tidyAnEvent({ world: { runtime, clock }, world }: Cast) {
  const { store } = runtime.warmup
  const at = new Date(clock.now().getTime() - 1000 * 86_400_000)
  await store.events.add({ kind: 'engine_changed', at, accountId: null })
  await makeDue(world, sql`kind = 'tidy'`)
  return async () => {
    expect(await runtime.db.execute(sql`select from events where at <= ${at.toISOString()}`)).toEqual([])
    const [next] = await runtime.db.execute<{ waits: boolean }>(
      sql`select due_at > ${clock.now().toISOString()} as waits from tasks where kind = 'tidy'`,
    )
    expect(next).toEqual({ waits: true })
  }
}

async function checkAToken({ world, anna }: Cast) {
  const before = await world.runtime.warmup.store.tokens.of(anna.id)
  await makeDue(world, sql`kind = 'check' and account_id = ${anna.id}`)
  return async () => {
    const after = await world.runtime.warmup.store.tokens.of(anna.id)
    expect(after?.version).toBeGreaterThan(before?.version ?? 0)
    expect(after?.status).toBe('active')
  }
}

async function disconnect({ world, anna }: Cast) {
  const { warmup } = world.runtime
  const stored = await warmup.store.tokens.of(anna.id)
  await removeAccount(warmup, anna.id)
  return async () => {
    expect(world.sandbox.control.knowsRefreshToken(stored?.token.refresh_token ?? '')).toBe(false)
    expect(await warmup.store.tokens.of(anna.id)).toBeNull()
  }
}

async function tellAnIncident({ world, receiver, hookUrl, anna }: Cast) {
  const { warmup, db } = world.runtime
  const webhook = await addWebhook(warmup, hookUrl)
  const version = (await warmup.store.tokens.of(anna.id))?.version ?? 0
  world.sandbox.control.revokeGrant(anna.email)
  await condemnAccount(warmup, anna.id, version, new NeedsReauthError('grant_revoked', 'gone'))
  await makeDue(world, sql`kind = 'notify'`)
  const before = receiver.received.length
  return async () => {
    const ids = receiver.received.slice(before).map(({ id }) => id)
    expect(new Set(ids).size).toBe(1)
    const deliveries = await db.execute(sql`select state from deliveries where webhook_id = ${webhook.id}`)
    expect(deliveries).toEqual([{ state: 'delivered' }])
    await removeWebhook(warmup, webhook.id)
  }
}

/** The first round, which has no place in the history to begin at. */
async function syncBySearch(cast: Cast) {
  await fetchMail(cast)
  await deliverTwo(cast)
  return () => expectTwoMails(cast)
}

async function syncByHistory(cast: Cast) {
  await fetchMail(cast)
  await runOf(cast, 'sync')
  await deliverTwo(cast)
  return () => expectTwoMails(cast)
}

async function handOnMails(cast: Cast) {
  await fetchMail(cast)
  await deliverTwo(cast)
  const before = cast.receiver.received.length
  await runOf(cast, 'sync')
  await makeDue(cast.world, sql`kind = 'hand_on' and account_id = ${cast.anna.id}`)
  return async () => {
    await expectTwoMails(cast)
    // As often as need be; the first time in the order in which they came in.
    const ids = [...new Set(cast.receiver.received.slice(before).map(({ id }) => id))]
    expect(ids).toHaveLength(2)
    const inOrder = new Intl.Collator('en', { numeric: true }).compare
    expect(ids.toSorted(inOrder)).toEqual(ids)
  }
}

/** From now on Anna's mail is fetched, and handed to the receiver. */
async function fetchMail({ world: { runtime, clock }, hookUrl, anna }: Cast): Promise<void> {
  const { store, notifier } = runtime.warmup
  const now = clock.now()
  await store.mailboxes.updateSettings(anna.id, { everyMinutes: 60, filter: '', keepsBodies: true })
  await store.mailRoutes.add({
    name: `mail of ${anna.id}`,
    accountId: anna.id,
    class: null,
    sender: '',
    subject: '',
    label: '',
    target: 'webhook',
    destination: new URL(hookUrl).host,
    webhook: { url: hookUrl, secret: notifier.newWebhookSecret() },
    now,
  })
  await store.tasks.add([{ kind: 'sync', accountId: anna.id, dueAt: now }])
}

async function deliverTwo({ world, anna }: Cast): Promise<void> {
  for (const subject of ['First', 'Second'])
    world.sandbox.control.deliverForeign(anna.email, {
      from: 'carl@elsewhere.example',
      subject,
      text: subject,
    })
  await makeDue(world, sql`kind = 'sync' and account_id = ${anna.id}`)
}

async function expectTwoMails({ world: { runtime }, anna }: Cast): Promise<void> {
  const mails = await runtime.db.execute(sql`
    select m.subject, h.state, b.key is not null as body from email_messages m
    left join handoffs h on h.email_message_id = m.id left join email_bodies b on b.email_message_id = m.id
    where m.account_id = ${anna.id} order by m.id`)
  expect([...mails]).toEqual([
    { subject: 'First', state: 'handed', body: true },
    { subject: 'Second', state: 'handed', body: true },
  ])
}

async function runOf({ world, anna }: Cast, kind: TaskKind): Promise<void> {
  await makeDue(world, sql`kind = ${kind} and account_id = ${anna.id}`)
  using worker = handWorker(world)
  for (const handout of await worker.handOut(kind)) await worker.run(handout)
}

/** A mail from Anna to Ben that is due. */
async function planMail({ world, anna, ben }: Cast): Promise<number> {
  const { store, texts } = world.runtime.warmup
  const text = texts.find(({ turns }) => turns.length > 1)
  if (!text) throw new Error('there is no text with an answer')
  const dueAt = world.clock.now()
  const [planned] = await store.messages.plan([
    {
      conversationId: randomUUID(),
      textKey: text.key,
      textSeed: anna.id,
      turn: 1,
      subject: `Hello ${anna.id}`,
      senderId: anna.id,
      recipientId: ben.id,
      plannedFor: dueAt,
      rfcMessageId: newRfcMessageId(anna.email),
    },
  ])
  const messageId = planned?.id as number
  await store.tasks.add([{ kind: 'send', accountId: anna.id, messageId, dueAt }])
  return messageId
}

async function runByHand({ world }: Cast, kind: TaskKind, messageId: number): Promise<void> {
  await makeDue(world, sql`kind = ${kind} and message_id = ${messageId}`)
  using worker = handWorker(world)
  for (const handout of await worker.handOut(kind)) await worker.run(handout)
}

/** The next run has to refresh first. */
export async function expireTokens({ world, anna, ben }: Cast): Promise<void> {
  const { warmup, db, sealer } = world.runtime
  const expiry = world.clock.now().toISOString()
  for (const { id } of [anna, ben]) {
    const token = (await warmup.store.tokens.ofAll([id])).get(id)?.token
    if (!token) throw new Error(`account ${id} has no token`)
    const oauthToken = sealToken(sealer, id, { ...token, expiry })
    await db.update(accounts).set({ oauthToken }).where(eq(accounts.id, id))
  }
}

export async function makeDue({ runtime, clock }: World, which: ReturnType<typeof sql>): Promise<void> {
  const due = await runtime.db.execute(
    sql`update tasks set due_at = ${clock.now().toISOString()} where ${which} returning id`,
  )
  if (due.length === 0) throw new Error('there is no such task')
}

async function idOf({ runtime }: World, query: ReturnType<typeof sql>): Promise<number> {
  const [row] = await runtime.db.execute<{ id: number }>(query)
  if (!row) throw new Error('there is no such row')
  return row.id
}

async function expectMail(
  { world }: Cast,
  id: number,
  expected: { state?: string; lookSaw?: string; placement?: string; opened?: boolean; handled?: boolean },
): Promise<void> {
  const row = await world.runtime.warmup.store.messages.byId(id)
  expect({
    ...row,
    opened: row?.openedAt !== null,
    handled: row?.handledAt !== null,
  }).toMatchObject(expected)
}
