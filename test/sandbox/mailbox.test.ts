import { expect, test } from 'vitest'
import { type GoogleFailure, get, gmailOf, headerOf, list, type Message, mail, only, send } from './gmail.ts'
import { ANNA, BEN, DAY, openWorld, type World } from './world.ts'

const foreign = (world: World, subject = 'x') =>
  world.sandbox.control.deliverForeign(ANNA, { from: 'out@side.test', subject, text: 'Hi' })

test.each([
  ['INBOX', { addLabelIds: ['SPAM'] }, 'SPAM'],
  ['SPAM', { addLabelIds: ['INBOX'] }, 'INBOX'],
  ['INBOX', { addLabelIds: ['TRASH'] }, 'TRASH'],
  ['SPAM', { addLabelIds: ['TRASH'] }, 'TRASH'],
  ['SPAM', { removeLabelIds: ['SPAM'] }, ''],
])('a message in %s, changed by %j, is in: %s', async (place, change, expected) => {
  await using world = await openWorld()
  const anna = await gmailOf(world, ANNA)
  const { id } = foreign(world)
  await anna(`POST messages/${id}/modify`, { addLabelIds: [place, 'STARRED'] })
  const { body } = await anna<Message>(`POST messages/${id}/modify`, change)
  expect(body.labelIds.filter((label) => ['INBOX', 'SPAM', 'TRASH'].includes(label)).join()).toBe(expected)
  expect(body.labelIds).toContain('STARRED')
  expect((await get(anna, id)).labelIds).toEqual(body.labelIds)
})

test.each([
  [{ addLabelIds: ['SENT'] }, 'Invalid label: SENT'],
  [{ removeLabelIds: ['DRAFT'] }, 'Invalid label: DRAFT'],
  [{ addLabelIds: ['Label_9'] }, 'Invalid label: Label_9'],
  [{ addLabelIds: ['INBOX'], removeLabelIds: ['INBOX'] }, 'Cannot both add and remove the same label'],
  [{}, 'No label add or removes specified'],
  [{ addLabelIds: 'INBOX' }, "Invalid value at 'addLabelIds'"],
])('the change %j is refused', async (change, message) => {
  await using world = await openWorld()
  const anna = await gmailOf(world, ANNA)
  const { id } = foreign(world)
  const { status, body } = await anna<GoogleFailure>(`POST messages/${id}/modify`, change)
  expect(status).toBe(400)
  expect(body.error.message).toContain(message)
})

test('trash, untrash and batchModify move labels', async () => {
  await using world = await openWorld()
  const anna = await gmailOf(world, ANNA)
  const ids = [foreign(world).id, foreign(world).id]
  expect((await anna<Message>(`POST messages/${ids[0]}/trash`)).body.labelIds).toContain('TRASH')
  expect((await anna<Message>(`POST messages/${ids[0]}/untrash`)).body.labelIds).not.toContain('TRASH')
  const batch = await anna('POST messages/batchModify', { ids, removeLabelIds: ['UNREAD'] })
  expect(batch.status).toBe(204)
  expect(await list(anna, '?q=is:unread')).toEqual([])
})

test('user labels live from creation to deletion', async () => {
  await using world = await openWorld()
  const anna = await gmailOf(world, ANNA)
  const { body: label } = await anna<{ id: string; name: string }>('POST labels', { name: 'Warm' })
  expect(label).toMatchObject({ id: 'Label_1', name: 'Warm', type: 'user' })
  expect((await anna('POST labels', { name: 'warm' })).status).toBe(409)
  expect((await anna('POST labels', { name: 'Inbox' })).status).toBe(400)
  expect((await anna('DELETE labels/INBOX')).status).toBe(400)
  const { id } = foreign(world)
  await anna(`POST messages/${id}/modify`, { addLabelIds: ['Label_1'] })
  await anna('PATCH labels/Label_1', { labelListVisibility: 'labelHide' })
  expect((await anna('GET labels/Label_1')).body).toMatchObject({
    name: 'Warm',
    labelListVisibility: 'labelHide',
    messagesTotal: 1,
    messagesUnread: 1,
    threadsTotal: 1,
  })
  expect((await anna('DELETE labels/Label_1')).status).toBe(204)
  expect((await get(anna, id)).labelIds).not.toContain('Label_1')
  expect((await anna<{ id: string }>('POST labels', { name: 'Warm' })).body.id).toBe('Label_2')
})

const REPLY = { To: ANNA, Subject: 'RE: Plans', 'In-Reply-To': '<1@anna.test>', References: '<1@anna.test>' }

test('an answer joins the thread on both sides', async () => {
  await using world = await openWorld()
  const [anna, ben] = [await gmailOf(world, ANNA), await gmailOf(world, BEN)]
  const first = await send(anna, { To: BEN, Subject: 'Plans', 'Message-ID': '<1@anna.test>' })
  const received = await only(ben)
  expect(received.threadId).not.toBe(first.threadId)
  const reply = await send(ben, REPLY, { threadId: received.threadId })
  expect(reply.threadId).toBe(received.threadId)
  expect((await only(anna, '?labelIds=INBOX')).threadId).toBe(first.threadId)
  const { body } = await anna<{ messages: Message[] }>(`GET threads/${first.threadId}?format=minimal`)
  expect(body.messages.map(({ labelIds }) => labelIds[0])).toEqual(['SENT', 'UNREAD'])
})

test.each([
  ['without its thread id', REPLY, false],
  ['without a reference', { To: ANNA, Subject: 'Re: Plans' }, true],
  ['with another reference', { ...REPLY, 'In-Reply-To': '<2@x>', References: '<3@x>' }, true],
  ['under another subject', { ...REPLY, Subject: 'Other plans' }, true],
])('an answer %s starts a thread of its own', async (_, fields, named) => {
  await using world = await openWorld()
  const [anna, ben] = [await gmailOf(world, ANNA), await gmailOf(world, BEN)]
  const first = await send(anna, { To: BEN, Subject: 'Plans', 'Message-ID': '<1@anna.test>' })
  const { threadId } = await only(ben)
  const reply = await send(ben, fields, named ? { threadId } : {})
  expect(reply.threadId).not.toBe(threadId)
  const joins = (await only(anna, '?labelIds=INBOX')).threadId === first.threadId
  expect(joins).toBe(!named)
})

test('a thread that does not exist is not found', async () => {
  await using world = await openWorld()
  const ben = await gmailOf(world, BEN)
  const raw = mail(REPLY)
  expect((await ben('POST messages/send', { raw, threadId: '18f0000000000000' })).status).toBe(404)
})

test('threads are listed newest first and modified as a whole', async () => {
  await using world = await openWorld()
  const anna = await gmailOf(world, ANNA)
  const first = foreign(world, 'one')
  const second = foreign(world, 'two')
  const answer = { from: 'out@side.test', subject: 'Re: one', text: 'More', inReplyTo: first.rfcMessageId }
  world.sandbox.control.deliverForeign(ANNA, answer)
  const { body } = await anna<{ threads: { id: string; snippet: string }[] }>('GET threads')
  expect(body.threads.map(({ id }) => id)).toEqual([first.threadId, second.threadId])
  expect(body.threads[0]?.snippet).toBe('More')
  await anna(`POST threads/${first.threadId}/modify`, { removeLabelIds: ['UNREAD'] })
  expect(await list(anna, '?q=is:unread')).toEqual([{ id: second.id, threadId: second.threadId }])
})

test('a message is told in each of its formats', async () => {
  await using world = await openWorld()
  const anna = await gmailOf(world, ANNA)
  const raw = [
    'From: =?utf-8?q?J=C3=B6rg?= <j@out.test>',
    `To: ${ANNA}`,
    'Subject: =?UTF-8?B?R3LDvMOfZQ==?=',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    'A <b> long=\r\n line =E2=82=AC',
    '--b',
    'Content-Type: text/csv; name="t.csv"',
    'Content-Transfer-Encoding: base64',
    '',
    'MSwy',
    '--b--',
  ].join('\r\n')
  const { id } = world.sandbox.control.deliverForeign(ANNA, { raw })
  const full = await get(anna, id)
  expect(full.snippet).toBe('A &lt;b&gt; long line €')
  expect(headerOf(full, 'From')).toBe('Jörg <j@out.test>')
  expect(headerOf(full, 'Subject')).toBe('Grüße')
  const [text, attachment] = full.payload.parts as unknown as {
    body: { data: string; attachmentId: string; size: number }
    filename: string
  }[]
  expect(Buffer.from(text?.body.data ?? '', 'base64url').toString()).toBe('A <b> long line €')
  expect(attachment).toMatchObject({ filename: 't.csv', body: { size: 3 } })
  const content = await anna(`GET messages/${id}/attachments/${attachment?.body.attachmentId}`)
  expect(content.body).toEqual({ size: 3, data: Buffer.from('1,2').toString('base64url') })
  const metadata = await get(anna, id, '?format=metadata&metadataHeaders=subject')
  expect(metadata.payload.headers).toEqual([{ name: 'Subject', value: 'Grüße' }])
  expect(await get(anna, id, '?format=minimal')).not.toHaveProperty('payload')
  const stored = Buffer.from((await get(anna, id, '?format=raw')).raw, 'base64url').toString()
  expect(stored).toContain(raw.slice(raw.indexOf('--b')))
  expect((await anna(`GET messages/${id}?format=odd`)).status).toBe(400)
})

type History = {
  history?: { id: string; messagesAdded?: unknown; labelsRemoved?: unknown }[]
  historyId: string
}

test('history tells what happened since, and only that', async () => {
  await using world = await openWorld()
  const anna = await gmailOf(world, ANNA)
  const start = (await anna<{ historyId: string }>('GET profile')).body.historyId
  const { id } = foreign(world)
  await anna(`POST messages/${id}/modify`, { removeLabelIds: ['UNREAD'] })
  const { body } = await anna<History>(`GET history?startHistoryId=${start}`)
  expect(body.history).toMatchObject([
    { messagesAdded: [{ message: { id } }] },
    { labelsRemoved: [{ message: { id }, labelIds: ['UNREAD'] }] },
  ])
  expect(body.history?.at(-1)?.id).toBe(body.historyId)
  expect((await get(anna, id)).historyId).toBe(body.historyId)
  const only = await anna<History>(`GET history?startHistoryId=${start}&historyTypes=labelRemoved`)
  expect(only.body.history).toHaveLength(1)
  const other = await anna<History>(`GET history?startHistoryId=${start}&labelId=SENT`)
  expect(other.body.history).toBeUndefined()
  const page = await anna<History & { nextPageToken: string }>(
    `GET history?startHistoryId=${start}&maxResults=1`,
  )
  const rest = await anna<History>(`GET history?startHistoryId=${start}&pageToken=${page.body.nextPageToken}`)
  expect(rest.body.history).toEqual(body.history?.slice(1))
})

test.each([
  ['older than a week', (world: World) => world.pass(8 * DAY)],
  ['forgotten by control', ({ sandbox }: World) => sandbox.control.forgetHistory(ANNA)],
])('a history id %s is not found', async (_, age) => {
  await using world = await openWorld()
  const start = (await (await gmailOf(world, ANNA))<{ historyId: string }>('GET profile')).body.historyId
  foreign(world)
  age(world)
  foreign(world)
  const anna = await gmailOf(world, ANNA)
  expect((await anna(`GET history?startHistoryId=${start}`)).status).toBe(404)
  expect((await anna('GET history?startHistoryId=999999999')).status).toBe(404)
  expect((await anna('GET history')).status).toBe(400)
})
