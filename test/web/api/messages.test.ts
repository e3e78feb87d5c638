import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { sql } from '../../../src/db/drizzle.ts'
import { MOST_SEARCHED } from '../../../src/db/mail-reports.ts'
import { createSealer, emailContext } from '../../../src/db/sealing.ts'
import { keepMail } from '../../support/kept-mail.ts'
import { type Api, openApi } from './caller.ts'

const MESSAGES = '/v1/accounts/1/messages'

async function openMessages(): Promise<Api> {
  const api = await openApi()
  await api.world.connect('anna@sandbox.test', { kind: 'vault' })
  return api
}

async function keepText({ world }: Api, id: number, sealed: string): Promise<void> {
  await world.runtime.db.execute(
    sql`insert into email_bodies (key, email_message_id, sealed) select '1:' || gmail_id, id, ${sealed} from email_messages where id = ${id}`,
  )
}

const idsOf = async (api: Api, query: string): Promise<[number[], number | null]> => {
  const { body } = await api.call('GET', `${MESSAGES}${query}`)
  return [body.messages.map(({ id }: { id: number }) => id), body.next_after]
}

test('a message shows what its head says, and its text where that is kept', async () => {
  await using api = await openMessages()
  const { db, sealer } = api.world.runtime
  await keepMail(db, 1, [{ class: 'reply', rule: 'an answer', rfcMessageId: null }, {}])
  const head = {
    id: 1,
    gmail_id: 'g0',
    thread_id: 't0',
    rfc_message_id: null,
    from: 'Carl <carl@elsewhere.example>',
    recipients: ['anna@sandbox.test'],
    subject: 'Mail 0',
    snippet: 'How it begins',
    label_ids: ['INBOX', 'UNREAD'],
    size: 1000,
    received_at: '2026-03-02T05:00:00.000Z',
    processed_at: '2026-03-02T05:05:00.000Z',
    class: 'reply',
    rule: 'an answer',
  }
  expect((await api.call('GET', MESSAGES)).body.messages[0]).toEqual(head)
  expect((await api.call('GET', `${MESSAGES}/1`)).body).toEqual({ ...head, text: null })
  await keepText(api, 1, sealer.seal('The text.', emailContext('1:g0')))
  expect((await api.call('GET', '/v1/accounts/ANNA@sandbox.test/messages/1')).body.text).toBe('The text.')

  const lost = createSealer([randomBytes(32)]).seal('Lost', emailContext('1:g1'))
  await keepText(api, 2, lost)
  expect((await api.call('GET', `${MESSAGES}/2`)).body).toMatchObject({ id: 2, text: null })
})

test('the list is in the order of the ids, paged, filtered and followed', async () => {
  await using api = await openMessages()
  await keepMail(api.world.runtime.db, 1, [
    { class: 'reply', receivedAt: new Date('2026-03-01T10:00:00Z') },
    { sender: 'DORA <d@else.example>', receivedAt: new Date('2026-03-02T10:00:00Z') },
    { class: 'reply', subject: 'For Dora', receivedAt: new Date('2026-03-01T23:00:00Z') },
    {},
  ])
  expect(await idsOf(api, '')).toEqual([[1, 2, 3, 4], null])
  expect(await idsOf(api, '?limit=3')).toEqual([[1, 2, 3], 3])
  expect(await idsOf(api, '?limit=3&after=3')).toEqual([[4], null])
  expect(await idsOf(api, '?limit=4')).toEqual([[1, 2, 3, 4], null])
  expect(await idsOf(api, '?class=reply')).toEqual([[1, 3], null])
  expect(await idsOf(api, '?q=dora')).toEqual([[2, 3], null])
  expect(await idsOf(api, '?q=dora&class=reply&limit=1')).toEqual([[3], null])
  expect(await idsOf(api, '?since=2026-03-02T00:00:00%2B01:00')).toEqual([[2, 3, 4], null])
  expect(await idsOf(api, '?since=2026-03-02T10:00:00Z')).toEqual([[2], null])
  expect(await idsOf(api, '?q=%25')).toEqual([[], null])
  expect(await idsOf(api, '?after=4')).toEqual([[], null])
  const [added] = await keepMail(api.world.runtime.db, 1, [{}])
  expect(await idsOf(api, '?after=4')).toEqual([[added], null])
})

test('what is looked for in a long history is found in several calls', async () => {
  await using api = await openMessages()
  const { db } = api.world.runtime
  await db.execute(sql`insert into email_messages (account_id, gmail_id, thread_id, sender, recipients, subject, snippet, label_ids,
    size, received_at, processed_at, class) select 1, 'h' || n, 'h', 'x', '{}', 'Earlier', '', '{}', 1, '2026-01-01', now(), 'other'
    from generate_series(1, ${MOST_SEARCHED}::int) n`)
  const [wanted] = await keepMail(db, 1, [{}])
  for (const search of ['q=mail', 'since=2026-02-01T00:00:00Z']) {
    expect(await idsOf(api, `?${search}`)).toEqual([[], MOST_SEARCHED])
    expect(await idsOf(api, `?${search}&after=${MOST_SEARCHED}`)).toEqual([[wanted], null])
  }
})

test.each([
  ['class=spam', 'one of warmup, reply, bounce'],
  ['q=', 'text to look for'],
  ['q=a%00b', 'text to look for'],
  [`q=${'a'.repeat(321)}`, 'text of at most 320 characters'],
  ['since=yesterday', 'a time from 1970 on'],
  ['since=0000-01-01T00:00:00Z', 'a time from 1970 on'],
  ['since=9999-12-31T23:59:59-23:59', 'a time from 1970 on'],
  ['after=0', 'a whole number from 1 to'],
  ['after=-1', 'a whole number from 1 to'],
  ['after=1&after=2', 'a whole number from 1 to'],
  ['limit=201', 'a whole number from 1 to 200'],
  ['before=3', 'nothing but limit, after, class, q, since'],
])('a list with %s is refused, and says what was expected', async (query, expected) => {
  await using api = await openMessages()
  const reply = await api.call('GET', `${MESSAGES}?${query}`)
  expect([reply.status, reply.problem]).toEqual([422, 'invalid_request'])
  expect(reply.body.errors[0].expected).toContain(expected)
})

test('a message of another account is not there, nor is one of an account that was removed', async () => {
  await using api = await openMessages()
  const ben = await api.world.connect('ben@sandbox.test', { kind: 'vault' })
  const [id] = await keepMail(api.world.runtime.db, ben.id, [{}])
  const statusOf = async (path: string) => (await api.call('GET', path)).status
  expect(await statusOf(`/v1/accounts/${ben.id}/messages/${id}`)).toBe(200)
  expect(await statusOf(`${MESSAGES}/${id}`)).toBe(404)
  expect(await statusOf(`${MESSAGES}/4242`)).toBe(404)
  expect(await statusOf(`${MESSAGES}/x`)).toBe(422)
  expect((await api.call('GET', MESSAGES)).body.messages).toEqual([])
  await api.call('DELETE', `/v1/accounts/${ben.id}`)
  for (const path of ['', `/${id}`])
    expect(await statusOf(`/v1/accounts/${ben.id}/messages${path}`)).toBe(404)
})

test('only a key that may read messages is shown any', async () => {
  await using api = await openMessages()
  await keepMail(api.world.runtime.db, 1, [{}])
  const other = await api.issueKey(['accounts:read', 'accounts:write', 'tokens:read', 'tokens:write'])
  const reader = await api.issueKey(['messages:read'])
  for (const path of [MESSAGES, `${MESSAGES}/1`]) {
    const refused = await api.call('GET', path, { key: other })
    expect([refused.problem, refused.body.needed_scope]).toEqual(['insufficient_scope', 'messages:read'])
    expect((await api.call('GET', path, { key: reader })).status).toBe(200)
  }
})
