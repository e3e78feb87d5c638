import { createPublicKey, verify } from 'node:crypto'
import fs from 'node:fs'
import { expect, test } from 'vitest'
import { openReceiver, type Received, type Receiver } from '../support/receiver.ts'
import { answer, control } from './control.ts'
import { type Gmail, type GoogleFailure, get, gmailOf, list, send } from './gmail.ts'
import { temporary } from './temporary.ts'
import { ANNA, BEN, DAY, GMAIL, openWorld, type World } from './world.ts'

const TOPIC = 'projects/sandbox/topics/gmail'
const AUDIENCE = 'https://warm.example/hooks/gmail'
const ROBOT = 'push@sandbox.iam.gserviceaccount.com'

type Watched = { historyId: string; expiration: string }

/** Anna's mailbox, watched, and who is told of it; what is told of the watch itself is left out. */
async function watched(world: World, receiver: Receiver, order: object = {}): Promise<Gmail> {
  await subscribe(world, receiver.url)
  const anna = await gmailOf(world, ANNA)
  expect((await anna('POST watch', { topicName: TOPIC, ...order })).status).toBe(200)
  await world.sandbox.control.pushesSettled()
  receiver.received.length = 0
  return anna
}

const subscribe = (world: World, endpoint: string) =>
  control(world, 'POST push', { endpoint, audience: AUDIENCE, serviceAccount: ROBOT })

const deliver = ({ sandbox }: World, subject = 'x') =>
  sandbox.control.deliverForeign(ANNA, { from: 'o@x.test', subject, text: 't' })

const pushOf = ({ body }: Received) =>
  JSON.parse(body) as {
    message: { data: string; messageId: string; publishTime: string }
    subscription: string
  }

const dataOf = (received: Received) =>
  JSON.parse(Buffer.from(pushOf(received).message.data, 'base64').toString()) as Record<string, string>

const historyOf = async (gmail: Gmail) => (await gmail<{ historyId: string }>('GET profile')).body.historyId

test('a watch lasts for seven days, and each change of its mailbox is told until then', async () => {
  await using world = await openWorld()
  await using receiver = await openReceiver()
  const anna = await watched(world, receiver)
  const { body } = await anna<Watched>('POST watch', { topicName: TOPIC })
  expect(body).toEqual({
    historyId: await historyOf(anna),
    expiration: String(world.now().getTime() + 7 * DAY),
  })
  await world.sandbox.control.pushesSettled()
  receiver.received.length = 0

  world.pass(7 * DAY - 1)
  deliver(world)
  await world.sandbox.control.pushesSettled()
  const historyId = String(Number(body.historyId) + 1)
  expect(receiver.received.map(dataOf)).toEqual([{ emailAddress: ANNA, historyId }])
  world.pass(1)
  deliver(world)
  await world.sandbox.control.pushesSettled()
  expect(receiver.received).toHaveLength(1)
})

test('a push is what Pub/Sub’s is, with a token that the published keys verify', async () => {
  await using world = await openWorld()
  await using receiver = await openReceiver()
  await watched(world, receiver)
  deliver(world)
  await world.sandbox.control.pushesSettled()
  const [push] = receiver.received
  if (!push) throw new Error('nothing was pushed')
  expect(pushOf(push)).toEqual({
    message: {
      data: expect.any(String),
      messageId: expect.stringMatching(/^\d+$/),
      publishTime: world.now().toISOString(),
    },
    subscription: 'projects/sandbox/subscriptions/gmail',
  })
  const certs = await fetch(world.sandbox.settings.GOOGLE_CERTS_URI ?? '')
  expect(certs.headers.get('cache-control')).toContain('max-age=')
  const { keys } = (await certs.json()) as { keys: { kid: string }[] }
  const [head = '', claims = '', signature = ''] = (push.headers.authorization as string).slice(7).split('.')
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString())
  expect(read(head)).toMatchObject({ alg: 'RS256', kid: keys[0]?.kid })
  const key = createPublicKey({ key: keys[0] ?? {}, format: 'jwk' })
  const signed = Buffer.from(`${head}.${claims}`)
  expect(verify('RSA-SHA256', signed, key, Buffer.from(signature, 'base64url'))).toBe(true)
  const now = Date.now() / 1000
  const told = read(claims)
  expect(told).toMatchObject({
    iss: 'https://accounts.google.com',
    aud: AUDIENCE,
    email: ROBOT,
    email_verified: true,
    sub: expect.stringMatching(/^\d{21}$/),
  })
  expect(told.iat).toBeLessThanOrEqual(now)
  expect(told.exp).toBeGreaterThan(now)
})

test('what changes at once is told once, of each mailbox that is watched', async () => {
  await using world = await openWorld()
  await using receiver = await openReceiver()
  const anna = await watched(world, receiver)
  const ben = await gmailOf(world, BEN)
  await send(anna, { To: `${BEN}, ghost@x.test`, Subject: 'x' })
  await world.sandbox.control.pushesSettled()
  expect(receiver.received.map(dataOf)).toEqual([{ emailAddress: ANNA, historyId: await historyOf(anna) }])
  const [received] = await list(ben)
  await ben(`POST messages/${received?.id}/modify`, { removeLabelIds: ['UNREAD'] })
  await world.sandbox.control.pushesSettled()
  expect(receiver.received).toHaveLength(1)
})

test('a watch begins with a push, by which Gmail tries the topic, and ends where it is stopped', async () => {
  await using world = await openWorld()
  await using receiver = await openReceiver()
  await subscribe(world, receiver.url)
  const anna = await gmailOf(world, ANNA)
  const { body } = await anna<Watched>('POST watch', { topicName: TOPIC })
  await world.sandbox.control.pushesSettled()
  expect(receiver.received.map(dataOf)).toEqual([{ emailAddress: ANNA, historyId: body.historyId }])
  const stopped = await anna('POST stop')
  expect([stopped.status, stopped.body]).toEqual([204, {}])
  deliver(world)
  await world.sandbox.control.pushesSettled()
  expect(receiver.received).toHaveLength(1)
})

test.each([
  ['include', ['SPAM'], 0, 1],
  ['INCLUDE', ['INBOX'], 1, 2],
  ['exclude', ['INBOX'], 0, 1],
  ['exclude', ['SPAM'], 1, 1],
])(
  'with the filter %s %j, mail in the inbox makes %i, and its move to spam %i in all',
  async (labelFilterBehavior, labelIds, first, all) => {
    await using world = await openWorld()
    await using receiver = await openReceiver()
    const anna = await watched(world, receiver, { labelFilterBehavior, labelIds })
    const { id } = deliver(world)
    await world.sandbox.control.pushesSettled()
    expect(receiver.received).toHaveLength(first)
    await anna(`POST messages/${id}/modify`, { addLabelIds: ['SPAM'], removeLabelIds: ['INBOX'] })
    await world.sandbox.control.pushesSettled()
    expect(receiver.received).toHaveLength(all)
  },
)

test('a push is repeated until it is taken', async () => {
  await using world = await openWorld()
  await using receiver = await openReceiver()
  await watched(world, receiver)
  receiver.answer(500)
  deliver(world)
  while (receiver.received.length < 2) await new Promise(setImmediate)
  expect(await answer(control(world, 'GET push'))).toMatchObject({ waiting: 1 })
  receiver.answer(204)
  await world.sandbox.control.pushesSettled()
  const ids = receiver.received.map((push) => pushOf(push).message.messageId)
  expect(ids.length).toBeGreaterThan(2)
  expect(new Set(ids).size).toBe(1)
  expect(await answer(control(world, 'GET push'))).toMatchObject({ waiting: 0 })
})

test('a push that nobody takes holds up no end', async () => {
  await using world = await openWorld()
  const anna = await gmailOf(world, ANNA)
  await subscribe(world, 'http://127.0.0.1:9/hooks/gmail')
  await anna('POST watch', { topicName: TOPIC })
  expect(world.sandbox.control.push().waiting).toBe(1)
})

test.each([
  [{}, 'topicName'],
  [{ topicName: 'gmail' }, 'topicName'],
  [{ topicName: TOPIC, labelIds: ['Label_9'] }, 'Label_9'],
  [{ topicName: TOPIC, labelIds: 'INBOX' }, 'labelIds'],
  [{ topicName: TOPIC, labelFilterBehavior: 'some' }, 'label_filter_behavior'],
])('the watch %j is refused', async (order, named) => {
  await using world = await openWorld()
  const anna = await gmailOf(world, ANNA)
  const { status, body } = await anna<GoogleFailure>('POST watch', order)
  expect([status, body.error.status, body.error.message]).toEqual([
    400,
    'INVALID_ARGUMENT',
    expect.stringContaining(named),
  ])
})

test('a watch needs a scope that lets look', async () => {
  await using world = await openWorld()
  const sender = await gmailOf(world, ANNA, `${GMAIL}send`)
  expect((await sender('POST watch', { topicName: TOPIC })).status).toBe(403)
  const reader = await gmailOf(world, ANNA, `${GMAIL}metadata`)
  expect((await reader('POST watch', { topicName: TOPIC })).status).toBe(200)
})

test('a watch costs a hundred units, its end fifty', async () => {
  await using world = await openWorld()
  const anna = await gmailOf(world, ANNA)
  for (let n = 0; n < 59; n += 1) await anna('POST watch', { topicName: TOPIC })
  expect((await anna('POST stop')).status).toBe(204)
  expect((await anna('POST watch', { topicName: TOPIC })).status).toBe(429)
  expect((await anna('POST stop')).status).toBe(204)
  expect((await anna('POST stop')).status).toBe(429)
})

test('watches and the subscription survive a kill, and a second one after the compaction', async () => {
  using disk = temporary()
  await using receiver = await openReceiver()
  await using before = await openWorld({ journal: disk.file('a') })
  await watched(before, receiver)
  fs.copyFileSync(disk.file('a'), disk.file('b'))
  await using once = await openWorld({ journal: disk.file('b') })
  fs.copyFileSync(disk.file('b'), disk.file('c'))
  await using after = await openWorld({ journal: disk.file('c') })
  for (const world of [once, after]) {
    const { id } = deliver(world)
    await world.sandbox.control.pushesSettled()
    const { historyId } = await get(await gmailOf(world, ANNA), id)
    expect(receiver.received.map(dataOf)).toEqual([{ emailAddress: ANNA, historyId }])
    receiver.received.length = 0
  }
})

test.each([
  [{ endpoint: 'nowhere', audience: 'a', serviceAccount: 'b' }, 'endpoint'],
  [{ endpoint: 'http://x.test', audience: '', serviceAccount: 'b' }, 'audience'],
  [{ endpoint: 'http://x.test' }, 'serviceAccount'],
])('the subscription %j is refused in words', async (order, named) => {
  await using world = await openWorld()
  const response = await control(world, 'POST push', order)
  expect([response.status, await response.text()]).toEqual([400, expect.stringContaining(named)])
})

test('a subscription ends', async () => {
  await using world = await openWorld()
  await using receiver = await openReceiver()
  await watched(world, receiver)
  expect((await control(world, 'POST push', null)).status).toBe(204)
  deliver(world)
  await world.sandbox.control.pushesSettled()
  expect(receiver.received).toEqual([])
})
