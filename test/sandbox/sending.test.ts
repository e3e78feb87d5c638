import { expect, test } from 'vitest'
import {
  type Gmail,
  type GoogleFailure,
  get,
  gmailOf,
  headerOf,
  list,
  type Message,
  mail,
  only,
  send,
} from './gmail.ts'
import { ANNA, BEN, openWorld } from './world.ts'

type Draft = { id: string; message: Message }

test('mail crosses to the recipient and stays under SENT with the sender', async () => {
  await using world = await openWorld()
  const [anna, ben] = [await gmailOf(world, ANNA), await gmailOf(world, BEN)]
  const fields = { To: BEN, Subject: 'Plans', 'Message-ID': '<plans@anna.test>', Bcc: 'someone@sandbox.test' }
  const sent = await send(anna, fields)
  expect(sent.labelIds).toEqual(['SENT'])
  const received = await only(ben)
  expect(received.labelIds).toEqual(expect.arrayContaining(['INBOX', 'UNREAD']))
  expect(received.snippet).toBe('Hello there.')
  expect(headerOf(received, 'Message-ID')).toBe('<plans@anna.test>')
  expect(headerOf(received, 'From')).toBe(ANNA)
  expect(headerOf(received, 'Bcc')).toBeUndefined()
  expect(headerOf(await get(anna, sent.id), 'Bcc')).toBe('someone@sandbox.test')
})

test('From is rewritten to the own address and keeps its name; Date and Message-ID are added', async () => {
  await using world = await openWorld()
  const anna = await gmailOf(world, ANNA)
  const sent = await send(anna, { From: 'Änna <boss@elsewhere.test>', To: BEN, Subject: 'x' })
  const stored = await get(anna, sent.id)
  expect(headerOf(stored, 'From')).toBe(`Änna <${ANNA}>`)
  expect(headerOf(stored, 'Date')).toBe('Mon, 02 Mar 2026 10:00:00 +0000')
  expect(headerOf(stored, 'Message-ID')).toMatch(/^<.+@mail\.gmail\.com>$/)
})

test('Gmail rewrites a Message-ID when told to', async () => {
  await using world = await openWorld()
  world.sandbox.control.setOptions({ rewriteMessageIds: true })
  const [anna, ben] = [await gmailOf(world, ANNA), await gmailOf(world, BEN)]
  await send(anna, { To: BEN, Subject: 'x', 'Message-ID': '<mine@anna.test>' })
  const received = await only(ben)
  expect(headerOf(received, 'Message-ID')).toMatch(/@mail\.gmail\.com>$/)
  expect(headerOf(received, 'X-Google-Original-Message-ID')).toBe('<mine@anna.test>')
})

test.each([
  ['without a recipient', { Subject: 'x' }],
  ['with a broken recipient', { To: 'nobody at all', Subject: 'x' }],
])('a mail %s is refused and nothing is sent', async (_, fields) => {
  await using world = await openWorld()
  const anna = await gmailOf(world, ANNA)
  const refused = await anna<GoogleFailure>('POST messages/send', { raw: mail(fields) })
  expect(refused.status).toBe(400)
  expect(refused.body.error.message).toBe('Recipient address required')
  expect(await list(anna, '?q=in:anywhere')).toEqual([])
})

test('sending a draft deletes it and makes a new message in the same thread', async () => {
  await using world = await openWorld()
  const [anna, ben] = [await gmailOf(world, ANNA), await gmailOf(world, BEN)]
  const { body: draft } = await anna<Draft>('POST drafts', {
    message: { raw: mail({ To: BEN, Subject: 'x' }) },
  })
  expect(draft.message.labelIds).toEqual(['DRAFT'])
  const { body: sent } = await anna<Message>('POST drafts/send', { id: draft.id })
  expect(sent).toMatchObject({ threadId: draft.message.threadId, labelIds: ['SENT'] })
  expect(sent.id).not.toBe(draft.message.id)
  expect((await anna(`GET drafts/${draft.id}`)).status).toBe(404)
  expect((await anna(`GET messages/${draft.message.id}`)).status).toBe(404)
  expect(await list(ben)).toHaveLength(1)
})

test('a draft sent many times at once is delivered once', async () => {
  await using world = await openWorld()
  const [anna, ben] = [await gmailOf(world, ANNA), await gmailOf(world, BEN)]
  const { body: draft } = await anna<Draft>('POST drafts', {
    message: { raw: mail({ To: BEN, Subject: 'x' }) },
  })
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => anna<GoogleFailure>('POST drafts/send', { id: draft.id })),
  )
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  const late = answers.find(({ status }) => status !== 200)
  expect(late?.body.error).toMatchObject({ code: 404, message: 'Requested entity was not found.' })
  expect(await list(ben)).toHaveLength(1)
})

test('a draft that cannot be sent stays', async () => {
  await using world = await openWorld()
  const anna = await gmailOf(world, ANNA)
  const { body: draft } = await anna<Draft>('POST drafts', { message: { raw: mail({ Subject: 'x' }) } })
  expect((await anna('POST drafts/send', { id: draft.id })).status).toBe(400)
  const { body: edited } = await anna<Draft>(`PUT drafts/${draft.id}`, {
    message: { raw: mail({ To: BEN, Subject: 'x' }) },
  })
  expect(edited.id).toBe(draft.id)
  expect(edited.message.id).not.toBe(draft.message.id)
  expect((await anna('POST drafts/send', { id: draft.id })).status).toBe(200)
})

test('mail to an unknown address comes back as a delivery status notification', async () => {
  await using world = await openWorld()
  const anna = await gmailOf(world, ANNA)
  const sent = await send(anna, { To: 'ghost@nowhere.test', Subject: 'Boo', 'Message-ID': '<boo@anna.test>' })
  const notice = await only(anna, '?labelIds=INBOX')
  expect(headerOf(notice, 'From')).toContain('mailer-daemon@googlemail.com')
  expect(headerOf(notice, 'X-Failed-Recipients')).toBe('ghost@nowhere.test')
  expect(headerOf(notice, 'In-Reply-To')).toBe('<boo@anna.test>')
  expect(notice.threadId).toBe(sent.threadId)
  expect(notice.payload.mimeType).toBe('multipart/report')
  expect(notice.payload.parts?.map(({ mimeType }) => mimeType)).toEqual([
    'text/plain',
    'message/delivery-status',
    'message/rfc822',
  ])
  expect(world.sandbox.control.ledger().at(-1)).toMatchObject({ kind: 'bounced', to: 'ghost@nowhere.test' })
})

test('mail to a mailbox that refuses it is sent, and comes back in its thread with the words of the refusal', async () => {
  await using world = await openWorld()
  const { control: google } = world.sandbox
  const anna = await gmailOf(world, ANNA)
  const words = 'The email account that you tried to reach is inactive.'
  google.refuseMail(BEN, { status: '5.2.1', words })
  const sent = await send(anna, { To: BEN, Subject: 'Plans', 'Message-ID': '<1@anna.test>' })
  expect(google.messages(BEN)).toEqual([])
  const notice = await only(anna, '?labelIds=INBOX')
  expect(notice.threadId).toBe(sent.threadId)
  expect(headerOf(notice, 'Subject')).toBe('Delivery Status Notification (Failure)')
  expect(headerOf(notice, 'References')).toBe('<1@anna.test>')
  expect(await rawOf(anna, notice.id)).toContain(
    [
      `Final-Recipient: rfc822; ${BEN}`,
      'Action: failed',
      'Status: 5.2.1',
      `Diagnostic-Code: smtp; 550-5.2.1 ${words}`,
    ].join('\r\n'),
  )
  expect(await rawOf(anna, notice.id)).toContain('X-Original-Message-ID: <1@anna.test>\r\n')
  expect(google.ledger().at(-1)).toMatchObject({ kind: 'bounced', mailbox: ANNA, to: BEN })
  google.refuseMail(BEN, null)
  await send(anna, { To: BEN, Subject: 'Plans again' })
  expect(google.messages(BEN)).toHaveLength(1)
})

test('a delayed mail is told of and arrives: that is no bounce', async () => {
  await using world = await openWorld()
  const { control: google } = world.sandbox
  const anna = await gmailOf(world, ANNA)
  google.refuseMail(BEN, { status: '4.2.2', words: 'Try again later.', action: 'delayed' })
  const sent = await send(anna, { To: BEN, Subject: 'Plans' })
  const notice = await only(anna, '?labelIds=INBOX')
  expect(notice.threadId).toBe(sent.threadId)
  expect(headerOf(notice, 'Subject')).toBe('Delivery Status Notification (Delay)')
  expect(await rawOf(anna, notice.id)).toContain('Action: delayed\r\nStatus: 4.2.2\r\n')
  expect(google.messages(BEN)).toHaveLength(1)
  expect(google.ledger().map(({ kind }) => kind)).not.toContain('bounced')
})

const rawOf = async (gmail: Gmail, id: string) =>
  Buffer.from((await get(gmail, id, '?format=raw')).raw, 'base64url').toString()

test('a mail to oneself is one message, sent and received', async () => {
  await using world = await openWorld()
  const anna = await gmailOf(world, ANNA)
  const sent = await send(anna, { To: `Anna <${ANNA.replace('@', '+notes@')}>`, Subject: 'x' })
  expect((await only(anna)).id).toBe(sent.id)
  expect(sent.labelIds).toEqual(expect.arrayContaining(['SENT', 'INBOX']))
})
