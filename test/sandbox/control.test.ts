import { expect, test } from 'vitest'
import { answer, control } from './control.ts'
import { get, gmailOf, only, send } from './gmail.ts'
import { ANNA, BEN, DAY, openWorld } from './world.ts'

test('a call without the header is refused', async () => {
  await using world = await openWorld()
  const refused = await control(
    world,
    'POST mailboxes',
    { address: 'x@y.test' },
    { 'x-sandbox-control': '0' },
  )
  expect(refused.status).toBe(403)
  expect(world.sandbox.control.mailboxes()).toEqual([ANNA, BEN])
})

test.each([
  ['POST mailboxes', { address: 'nobody' }, 400],
  ['POST faults', { path: '(' }, 400],
  ['POST faults', { path: 'x', surprise: true }, 400],
  ['POST options', { quota: 'maybe' }, 400],
  ['GET mailboxes/nobody@x.test/messages', undefined, 404],
  ['GET ledger?after=x', undefined, 400],
  ['POST mailboxes/nobody@x.test/refuse-mail', { status: '5.2.1', words: 'No.' }, 404],
  ['POST mailboxes/ben@sandbox.test/refuse-mail', { status: '2.0.0', words: 'Yes.' }, 400],
  ['POST mailboxes/ben@sandbox.test/refuse-mail', { status: '5.2.1', words: 'No.\r\nBcc: x@y.test' }, 400],
  ['POST mailboxes/ben@sandbox.test/refuse-mail', { status: '5.2.1', words: 'No.', action: 'delayed' }, 400],
  ['GET nothing', undefined, 404],
])('%s with %j answers %i', async (route, body, status) => {
  await using world = await openWorld()
  expect((await control(world, route, body)).status).toBe(status)
})

test('mailboxes are made, filled and looked into', async () => {
  await using world = await openWorld()
  expect((await control(world, 'POST mailboxes', { address: 'Carl@sandbox.test' })).status).toBe(204)
  const typed = { from: 'Out <o@x.test>', subject: 'Häuser', text: 'Grüße', placement: 'spam' }
  await control(world, 'POST mailboxes/carl@sandbox.test/deliver', typed)
  const raw = 'From: p@x.test\nSubject: Raw\n\nText'
  await control(world, 'POST mailboxes/carl@sandbox.test/deliver', { raw })
  const { messages } = await answer(control(world, 'GET mailboxes/carl@sandbox.test/messages'))
  expect(messages).toMatchObject([
    { from: 'p@x.test', subject: 'Raw', foreign: true },
    { from: 'o@x.test', subject: 'Häuser', text: 'Grüße', labels: ['UNREAD', 'SPAM'], foreign: true },
  ])
})

test('the ledger tells the facts in order and is read on from where one stopped', async () => {
  await using world = await openWorld()
  const [anna, ben] = [await gmailOf(world, ANNA), await gmailOf(world, BEN)]
  const sent = await send(anna, { To: BEN, Subject: 'Plans', 'Message-ID': '<1@a.test>' })
  const received = await only(ben)
  await ben(`POST messages/${received.id}/modify`, { removeLabelIds: ['UNREAD'] })
  await ben(`POST messages/${received.id}/modify`, { removeLabelIds: ['UNREAD'] })
  const { entries, next } = await answer(control(world, 'GET ledger?after=2'))
  const common = { at: world.now().toISOString(), rfcMessageId: '<1@a.test>' }
  expect(entries).toMatchObject([
    { seq: 3, kind: 'sent', mailbox: ANNA, messageId: sent.id, to: [BEN], subject: 'Plans', ...common },
    {
      seq: 4,
      kind: 'delivered',
      mailbox: BEN,
      messageId: received.id,
      from: ANNA,
      placement: 'inbox',
      ...common,
    },
    { seq: 5, kind: 'modified', mailbox: BEN, foreign: false, added: [], removed: ['UNREAD'], ...common },
  ])
  expect(next).toBe(5)
  expect(await answer(control(world, 'GET ledger?after=5'))).toEqual({ entries: [], next: 5 })
  expect(await answer(control(world, 'GET calls'))).toMatchObject({
    calls: { 'gmail.users.messages.modify': 2, 'gmail.users.messages.send': 1 },
  })
})

test('faults, options, placement and grants are set over HTTP', async () => {
  await using world = await openWorld()
  const anna = await gmailOf(world, ANNA)
  await control(world, 'POST faults', { path: '/profile', status: 503, count: 5 })
  expect((await anna('GET profile')).status).toBe(503)
  expect(await answer(control(world, 'GET faults'))).toMatchObject({ faults: [{ status: 503, count: 4 }] })
  await control(world, 'DELETE faults')
  expect((await anna('GET profile')).status).toBe(200)
  await control(world, 'POST options', { rotateRefreshTokens: true })
  expect(await answer(control(world, 'GET options'))).toMatchObject({
    quota: true,
    rotateRefreshTokens: true,
  })
  await control(world, 'POST placement', { placement: 'spam', sender: ANNA })
  await send(anna, { To: BEN, Subject: 'x' })
  expect(world.sandbox.control.messages(BEN)[0]?.labels).toContain('SPAM')
  await control(world, 'POST grants/expire', {})
  expect((await anna('GET profile')).status).toBe(401)
})

test('a mailbox refuses mail over HTTP, and takes it again', async () => {
  await using world = await openWorld()
  const anna = await gmailOf(world, ANNA)
  const route = `POST mailboxes/${BEN}/refuse-mail`
  expect((await control(world, route, { status: '5.2.2', words: 'Full.' })).status).toBe(204)
  await send(anna, { To: BEN, Subject: 'x' })
  expect(world.sandbox.control.messages(BEN)).toEqual([])
  expect((await control(world, route, null)).status).toBe(204)
  await send(anna, { To: BEN, Subject: 'x' })
  expect(world.sandbox.control.messages(BEN)).toHaveLength(1)
})

test('the clock can be put forward', async () => {
  await using world = await openWorld()
  const { now } = await answer(control(world, 'POST clock', { offsetMs: DAY }))
  expect(now).toBe(new Date(world.now().getTime() + DAY).toISOString())
  const { id } = world.sandbox.control.deliverForeign(ANNA, { from: 'o@x.test', subject: 's', text: 't' })
  const anna = await gmailOf(world, ANNA)
  expect((await get(anna, id)).internalDate).toBe(String(world.now().getTime() + DAY))
})

test('a fixed port that is taken is told', async () => {
  await using world = await openWorld()
  const port = Number(new URL(world.sandbox.origin).port)
  await expect(openWorld({ port })).rejects.toThrow(`cannot listen on 127.0.0.1:${port}: the port is taken`)
})
