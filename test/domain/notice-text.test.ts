import { expect, test } from 'vitest'
import { accountSubject, clientSubject } from '../../src/domain/incident.ts'
import { type Notice, noticeMail, webhookDocument } from '../../src/domain/notice-text.ts'

const URL = 'https://kindling.test'
const AT = new Date('2026-03-02T06:00:00Z')

function ofAccount(id: number, options: Partial<Notice> & { email?: string; words?: string } = {}): Notice {
  const { edge = 'opened', email = `a${id}@x.test`, words = 'invalid_grant: Bad Request' } = options
  return {
    edge,
    account: { id, email },
    incident: {
      id,
      kind: 'needs_reauth',
      subject: accountSubject(id),
      failure: 'grant_revoked',
      words,
      openedAt: AT,
      // Of an opening that is told late, the incident may be over by now.
      closedAt: new Date('2026-03-02T06:01:00Z'),
    },
  }
}

function ofClient(edge: Notice['edge'], words = 'invalid_client: Unauthorized'): Notice {
  const { incident } = ofAccount(99, { edge, words })
  const subject = clientSubject('c1')
  return {
    edge,
    account: null,
    incident: { ...incident, kind: 'app_refused', subject, failure: 'app_refused' },
  }
}

const closed = (id: number) => ofAccount(id, { edge: 'closed' })
const many = (count: number) => Array.from({ length: count }, (_, i) => ofAccount(i + 1))
const linesOf = (notices: Notice[]) => webhookDocument('d', notices, URL).text.split('\n')

test('accounts that died together are one line, with the reason that they share', () => {
  expect(linesOf(many(3))).toEqual([
    '3 mailboxes need re-authentication: a1@x.test, a2@x.test and a3@x.test (Google says the grant is expired or revoked)',
    `${URL}/notices`,
  ])
})

test('at most ten are named, the others counted', () => {
  const [line] = linesOf(many(1000))
  expect(line).toContain('1000 mailboxes need re-authentication: a1@x.test, a2@x.test,')
  expect(line).toContain(', a10@x.test and 990 more (')
  expect(linesOf(many(10))[0]).toContain('a9@x.test and a10@x.test (')
})

test('what opened and closed within one delivery is told as both, in order', () => {
  expect(linesOf([ofAccount(1), ofAccount(2), closed(1)])).toMatchObject([
    expect.stringContaining('a1@x.test and a2@x.test'),
    'a1@x.test is connected again',
    `${URL}/notices`,
  ])
  const again = linesOf([ofAccount(2), closed(1), ofAccount(1), ofAccount(3)])
  expect(again.map((line) => line.split(' (')[0])).toEqual([
    '2 mailboxes need re-authentication: a2@x.test and a3@x.test',
    'a1@x.test is connected again',
    'a1@x.test needs re-authentication',
    `${URL}/notices`,
  ])
})

test('a refused client is told with Google’s words, which can call nobody in Slack', () => {
  const [line] = linesOf([ofClient('opened', 'no <!channel>\n& more')])
  expect(line).toBe('Google refuses the OAuth client c1 (no &lt;!channel&gt; &amp; more)')
})

test('each notice is data as well', () => {
  const { notices, left_out } = webhookDocument('d', [ofAccount(7), closed(7), ofClient('closed')], URL)
  expect(left_out).toBe(0)
  expect(notices[0]).toEqual({
    type: 'needs_reauth.opened',
    incident_id: 7,
    account: { id: 7, email: 'a7@x.test' },
    client_id: null,
    failure: {
      code: 'grant_revoked',
      meaning: 'Google says the grant is expired or revoked',
      advice: expect.stringContaining('Connect the account again.'),
    },
    words: 'invalid_grant: Bad Request',
    opened_at: '2026-03-02T06:00:00.000Z',
    closed_at: null,
    url: `${URL}/accounts/7`,
  })
  expect(notices[1]).toMatchObject({ type: 'needs_reauth.closed', closed_at: '2026-03-02T06:01:00.000Z' })
  expect(notices[2]).toMatchObject({
    type: 'app_refused.closed',
    account: null,
    client_id: 'c1',
    url: `${URL}/notices`,
  })
})

test('a document stays small enough for a server that takes a megabyte, and says what it leaves out', () => {
  const document = webhookDocument('d', many(1500), URL)
  expect([document.notices.length, document.left_out]).toEqual([1000, 500])
  expect(JSON.stringify(document).length).toBeLessThan(1_000_000)
})

test('a mail’s subject says how things stand, the most important first', () => {
  const subjectOf = (notices: Notice[]) => noticeMail(notices, URL).subject
  expect(subjectOf([ofAccount(1)])).toBe('kindling: a1@x.test needs re-authentication')
  expect(subjectOf(many(3))).toBe('kindling: 3 mailboxes need re-authentication')
  expect(subjectOf([...many(3), ofClient('opened')])).toBe('kindling: Google refuses the OAuth client c1')
  expect(subjectOf([ofAccount(1), closed(1)])).toBe('kindling: a1@x.test is connected again')
  expect(subjectOf([ofClient('opened'), ofClient('closed'), ofAccount(2)])).toBe(
    'kindling: a2@x.test needs re-authentication',
  )
})

test('a mail says of each account since when, why, what to do, and where', () => {
  const { text } = noticeMail([ofAccount(1), closed(2)], URL)
  expect(text).toContain(`a1@x.test needs re-authentication
  Since:        2026-03-02 06:00 UTC
  Likely cause: Google says the grant is expired or revoked
  In detail:    invalid_grant: Bad Request
  What to do:   `)
  expect(text).toContain(`\n  ${URL}/accounts/1\n`)
  expect(text).toContain('It began 2026-03-02 06:00 UTC and was over 2026-03-02 06:01 UTC.')
  expect(text).toContain(`All notices: ${URL}/notices`)
})

test('beyond a hundred accounts a mail has a count and a link', () => {
  expect(noticeMail(many(100), URL).text).toContain(`${URL}/accounts/100\n`)
  expect(noticeMail(many(101), URL).text).toBe(
    `101 mailboxes need re-authentication: see ${URL}/notices\n\nAll notices: ${URL}/notices\n`,
  )
})

test('words and names from outside are one line', () => {
  const notice = ofAccount(1, { email: 'a\r\nBcc: all@x.test', words: 'one\r\n\u2028two' })
  const { subject, text } = noticeMail([notice], URL)
  expect(subject).toBe('kindling: a Bcc: all@x.test needs re-authentication')
  expect(text).toContain('In detail:    one two\n')
})
