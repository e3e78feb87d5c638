import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Gmail, type GoogleFailure, gmailOf, list, send } from './gmail.ts'
import { ANNA, DAY, openWorld, type World } from './world.ts'

let world: World
let anna: Gmail
const names = new Map<string, string>()

const MAILS = [
  {
    name: 'plan',
    from: 'Carl Ek <carl@old.test>',
    subject: 'Holiday plan',
    text: 'Swimming in the lake',
    age: 40,
  },
  { name: 'bill', from: 'bills@shop.test', subject: 'Your bill: 12', text: 'Please pay 12 EUR', age: 5 },
  {
    name: 'offer',
    from: 'news@shop.test',
    subject: 'An offer',
    text: 'A lake house',
    age: 3,
    place: 'promotions',
  },
  { name: 'scam', from: 'prince@far.test', subject: 'Money', text: 'A plan for you', age: 2, place: 'spam' },
  { name: 'hello', from: 'carl@old.test', subject: 'Hello', text: 'Nothing to plan today', age: 1 },
] as const

beforeAll(async () => {
  world = await openWorld()
  anna = await gmailOf(world, ANNA)
  let age = 60
  for (const mail of MAILS) {
    world.pass((age - mail.age) * DAY)
    age = mail.age
    const { from, subject, text } = mail
    const raw = `From: ${from}\nTo: ${ANNA}\nSubject: ${subject}\nMessage-ID: <${mail.name}@x.test>\n\n${text}`
    const placement = 'place' in mail ? mail.place : 'inbox'
    names.set(world.sandbox.control.deliverForeign(ANNA, { raw, placement }).id, mail.name)
  }
  world.pass(DAY)
  anna = await gmailOf(world, ANNA)
  const sent = await send(anna, { To: 'dora@far.test', Subject: 'Lake' })
  names.set(sent.id, 'sent')
  const [bounce] = await list(anna, '?q=from:mailer-daemon')
  await anna(`POST messages/${bounce?.id}/trash`)
  names.set(bounce?.id ?? '', 'bounce')
  await anna('POST labels', { name: 'To Do/Soon' })
  const idOf = (name: string) => [...names].find(([, other]) => other === name)?.[0]
  await anna(`POST messages/${idOf('bill')}/modify`, {
    addLabelIds: ['Label_1', 'STARRED'],
    removeLabelIds: ['UNREAD'],
  })
})

afterAll(() => world[Symbol.asyncDispose]())

test.each([
  ['', 'sent hello offer bill plan'],
  ['from:carl', 'hello plan'],
  ['from:carl@old.test', 'hello plan'],
  ['from:car', ''],
  ['from:"carl ek"', 'plan'],
  ['to:dora', 'sent'],
  ['subject:plan', 'plan'],
  ['plan', 'hello plan'],
  ['PLAN', 'hello plan'],
  ['plan in:anywhere', 'hello scam plan'],
  ['in:spam', 'scam'],
  ['in:trash', 'bounce'],
  ['in:inbox', 'hello offer bill plan'],
  ['in:sent', 'sent'],
  ['in:drafts', ''],
  ['"lake house"', 'offer'],
  ['"house lake"', ''],
  ['lake -house', 'sent plan'],
  ['-in:inbox', 'sent'],
  ['is:unread', 'hello offer plan'],
  ['is:read', 'sent bill'],
  ['is:starred', 'bill'],
  ['is:important', ''],
  ['label:to-do-soon', 'bill'],
  ['label:"To Do/Soon"', 'bill'],
  ['label:nowhere', ''],
  ['category:promotions', 'offer'],
  ['category:primary', 'hello bill plan'],
  ['rfc822msgid:bill@x.test', 'bill'],
  ['rfc822msgid:<bill@x.test>', 'bill'],
  ['rfc822msgid:scam@x.test', ''],
  ['rfc822msgid:scam@x.test in:anywhere', 'scam'],
  ['rfc822msgid:bill@x.test OR subject:hello', 'hello bill'],
  ['-rfc822msgid:bill@x.test in:inbox', 'hello offer plan'],
  ['newer_than:4d', 'sent hello offer'],
  ['older_than:1m', 'plan'],
  ['older_than:3d', 'bill plan'],
  ['subject:bill OR subject:hello', 'hello bill'],
  ['from:shop.test OR from:carl lake', 'offer plan'],
  ['from:(carl OR news)', 'hello offer plan'],
  ['{subject:bill subject:hello}', 'hello bill'],
  ['lake (holiday OR offer)', 'offer plan'],
  ['-(from:carl OR from:shop.test)', 'sent'],
  ['from:carl AND subject:hello', 'hello'],
  [')(', 'sent hello offer bill plan'],
])('%s finds: %s', async (query, expected) => {
  const found = await list(anna, `?q=${encodeURIComponent(query)}`)
  expect(found.map(({ id }) => names.get(id)).join(' ')).toBe(expected)
})

test('dates are midnights of Pacific Standard Time', async () => {
  const day = '2026-04-26'
  const found = async (query: string) =>
    (await list(anna, `?q=${encodeURIComponent(query)}`)).map(({ id }) => names.get(id))
  // The bill came on 26 April 2026 at 10:00 UTC, which is 02:00 there.
  expect(await found(`after:${day} before:2026/04/27`)).toEqual(['bill'])
  expect(await found(`after:${Date.parse(`${day}T10:00:01Z`) / 1000} older_than:3d`)).toEqual([])
})

test.each([
  'larger:1M',
  'list:x',
  'constructor:x',
  'is:sleepy',
  'after:yesterday',
  'newer_than:soon',
  'subject:',
])('%s is refused by its name', async (query) => {
  const { status, body } = await anna<GoogleFailure>(`GET messages?q=${encodeURIComponent(query)}`)
  expect(status).toBe(400)
  expect(body.error.message).toContain(query.split(':')[0])
})

test('spam and trash show with includeSpamTrash or by their label', async () => {
  expect(await list(anna, '?includeSpamTrash=true')).toHaveLength(7)
  expect(await list(anna, '?labelIds=SPAM')).toHaveLength(1)
})

test('pages follow each other without a gap, also when mail arrives in between', async () => {
  // Some of them share their moment with others.
  for (const subject of ['a', 'b', 'c']) {
    const { id } = world.sandbox.control.deliverForeign(ANNA, { from: 'late@x.test', subject, text: 't' })
    names.set(id, subject)
  }
  type Page = { messages: { id: string }[]; nextPageToken?: string; resultSizeEstimate: number }
  const seen: string[] = []
  let token = ''
  do {
    const { body } = await anna<Page>(`GET messages?maxResults=2${token && `&pageToken=${token}`}`)
    seen.push(...body.messages.map(({ id }) => id))
    token = body.nextPageToken ?? ''
    await anna('POST drafts', { message: { raw: Buffer.from('Subject: x\n\n').toString('base64url') } })
  } while (token)
  expect(seen.map((id) => names.get(id)).join(' ')).toBe('c b a sent hello offer bill plan')
})
