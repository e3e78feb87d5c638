import { describe, expect, test } from 'vitest'
import { type Bounce, bounceOf } from '../../src/domain/delivery-status.ts'
import { isDeliveryReport, readNotice } from '../../src/google/delivery-notice.ts'

const BEN = 'ben@example.org'
const OURS = '<k1.7f@example.com>'
const mail = { rfcMessageId: OURS, recipient: BEN }

/** A whole notice: its headers, and its parts by their types. */
function notice(headers: string[], ...parts: [type: string, body: string][]): string {
  return [
    ...headers,
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; boundary="b1"; report-type=delivery-status',
    '',
    ...parts.flatMap(([type, body]) => ['--b1', `Content-Type: ${type}`, '', body, '']),
    '--b1--',
    '',
  ].join('\r\n')
}
const text: [string, string] = ['text/plain; charset=utf-8', 'Your message could not be delivered.']
const status = (...lines: string[]): [string, string] => ['message/delivery-status', lines.join('\r\n')]
const original = (type = 'message/rfc822', id = OURS): [string, string] => [
  type,
  `From: anna@example.com\r\nTo: ${BEN}\r\nMessage-ID: ${id}\r\nSubject: Coffee\r\n\r\nHello`,
]
const failed = (...more: string[]) => status('Reporting-MTA: dns; mx', '', ...more)

async function bounceIn(raw: string): Promise<Bounce | null> {
  const read = await readNotice(Buffer.from(raw))
  return read && bounceOf(read, mail)
}

const REAL: [server: string, raw: string, bounce: Bounce][] = [
  [
    'Gmail',
    notice(
      [
        'From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>',
        `References: ${OURS}`,
        `In-Reply-To: ${OURS}`,
        `X-Failed-Recipients: ${BEN}`,
      ],
      [
        'multipart/related; boundary="b2"',
        '--b2\r\nContent-Type: text/html\r\n\r\n<p>Address not found</p>\r\n--b2--',
      ],
      status(
        'Reporting-MTA: dns; googlemail.com',
        'Received-From-MTA: dns; anna@example.com',
        'Arrival-Date: Mon, 02 Mar 2026 01:10:05 -0800 (PST)',
        `X-Original-Message-ID: ${OURS}`,
        '',
        `Final-Recipient: rfc822; ${BEN}`,
        'Action: failed',
        'Status: 5.1.1',
        'Remote-MTA: dns; gmail-smtp-in.l.google.com. (142.250.4.27, the server for the',
        ' domain example.org.)',
        'Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist. Please try',
        " 550-5.1.1 double-checking the recipient's email address for typos or",
        ' 550 5.1.1 unnecessary spaces.',
        'Last-Attempt-Date: Mon, 02 Mar 2026 01:10:06 -0800 (PST)',
      ),
      original(),
    ),
    {
      status: '5.1.1',
      words:
        "The email account that you tried to reach does not exist. Please try double-checking the recipient's email address for typos or unnecessary spaces.",
    },
  ],
  [
    'Microsoft 365',
    notice(
      ['From: <postmaster@contoso.onmicrosoft.com>', `In-Reply-To: ${OURS}`, 'X-MS-Exchange-Message-Is-Ndr:'],
      [
        'multipart/alternative; boundary="b2"',
        '--b2\r\nContent-Type: text/plain\r\n\r\nNot delivered\r\n--b2--',
      ],
      status(
        'Reporting-MTA: dns;DB9PR04MB8412.eurprd04.prod.outlook.com',
        'Received-From-MTA: dns;mail-lf1-f51.google.com',
        'Arrival-Date: Mon, 2 Mar 2026 09:10:11 +0000',
        '',
        'Original-Recipient: rfc822;Ben@Example.org',
        'Final-Recipient: rfc822;Ben@Example.org',
        'Action: failed',
        'Status: 5.1.10',
        'Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup',
      ),
      original(),
    ),
    {
      status: '5.1.10',
      words: 'RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup',
    },
  ],
  [
    'Exchange in the house, without words of its own',
    notice(
      ['From: postmaster@example.org'],
      text,
      failed(`Final-Recipient: RFC822;${BEN}`, 'Action: failed', 'Status: 5.2.2', 'X-Display-Name: Ben'),
      original(),
    ),
    { status: '5.2.2', words: 'the server gave no reason' },
  ],
  [
    'Postfix, which gives back the headers alone and names no mail in its own',
    notice(
      ['From: MAILER-DAEMON@mail.example.org (Mail Delivery System)', 'Auto-Submitted: auto-replied'],
      text,
      status(
        'Reporting-MTA: dns; mail.example.org',
        'X-Postfix-Queue-ID: 4ABCDEF012',
        'X-Postfix-Sender: rfc822; anna@example.com',
        'Arrival-Date: Mon,  2 Mar 2026 10:10:07 +0100 (CET)',
        '',
        `Final-Recipient: rfc822; ${BEN}`,
        `Original-Recipient: rfc822;${BEN}`,
        'Action: failed',
        'Status: 5.7.1',
        'Remote-MTA: dns; mx.example.org',
        'Diagnostic-Code: smtp; 554 5.7.1 <ben@example.org>: Relay access denied',
      ),
      original('text/rfc822-headers'),
    ),
    { status: '5.7.1', words: '<ben@example.org>: Relay access denied' },
  ],
  [
    'Exim, whose status is a general one and whose answer has no enhanced code',
    notice(
      [`X-Failed-Recipients: ${BEN}`, 'Auto-Submitted: auto-replied', `References: ${OURS}`],
      text,
      status(
        'Reporting-MTA: dns; exim.example.net',
        '',
        'Action: failed',
        `Final-Recipient: rfc822;${BEN}`,
        'Status: 5.0.0',
        'Remote-MTA: dns; mx.example.org',
        'Diagnostic-Code: smtp; 550 No such user here',
      ),
      original(),
    ),
    { status: '5.0.0', words: 'No such user here' },
  ],
  [
    'a server that knows other alphabets (RFC 6533)',
    notice([`In-Reply-To: ${OURS}`], text, [
      'message/global-delivery-status',
      `Reporting-MTA: dns; mx\r\n\r\nFinal-Recipient: utf-8; ${BEN}\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 Benutzer unbekannt für uns`,
    ]),
    { status: '5.1.1', words: 'Benutzer unbekannt für uns' },
  ],
]

describe('a notice as it is really worded', () => {
  test.each(REAL)('by %s', async (_, raw, bounce) => {
    expect(await bounceIn(raw)).toEqual(bounce)
  })

  test('may have bare line feeds, spaces on its empty lines, comments, and any case', async () => {
    const raw = notice(
      [`in-reply-to: ${OURS}`],
      status(
        'REPORTING-MTA: dns; mx',
        '  ',
        'FINAL-RECIPIENT: <Ben@Example.Org>',
        'ACTION : Failed (permanently)',
        'STATUS:5.1.1 (bad destination mailbox address)',
      ),
    )
    expect(await bounceIn(raw.replaceAll('\r\n', '\n'))).toMatchObject({ status: '5.1.1' })
  })

  test('may have its report in base64', async () => {
    const report = `Reporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; ${BEN}\r\nAction: failed\r\nStatus: 5.1.1`
    const raw = notice(
      [`In-Reply-To: ${OURS}`],
      [
        'message/delivery-status\r\nContent-Transfer-Encoding: base64',
        Buffer.from(report).toString('base64'),
      ],
    )
    expect(await bounceIn(raw)).toMatchObject({ status: '5.1.1' })
  })

  test('without a status field has it from the server’s answer', async () => {
    const fields = [
      `Final-Recipient: rfc822; ${BEN}`,
      'Action: failed',
      'Diagnostic-Code: smtp; 552 5.2.2 Full',
    ]
    expect(await bounceIn(notice([`In-Reply-To: ${OURS}`], failed(...fields)))).toEqual({
      status: '5.2.2',
      words: 'Full',
    })
  })

  test('of several recipients speaks of each', async () => {
    const of = (address: string, action: string, code: string) => [
      `Final-Recipient: rfc822; ${address}`,
      `Action: ${action}`,
      `Status: ${code}`,
      '',
    ]
    const both = (ben: string[]) =>
      notice([`In-Reply-To: ${OURS}`], failed(...of('cara@example.org', 'failed', '5.1.1'), ...ben))
    expect(await bounceIn(both(of(BEN, 'failed', '5.2.1')))).toMatchObject({ status: '5.2.1' })
    expect(await bounceIn(both(of(BEN, 'delivered', '2.1.5')))).toBeNull()
    expect(await bounceIn(both([]))).toBeNull()
  })

  test('is one too where the mail expired on its way, with a status for now', async () => {
    const expired = failed(`Final-Recipient: rfc822; ${BEN}`, 'Action: failed', 'Status: 4.4.7')
    expect(await bounceIn(notice([`In-Reply-To: ${OURS}`], expired))).toMatchObject({ status: '4.4.7' })
  })

  test('is told in no more than 300 characters', async () => {
    const fields = [
      `Final-Recipient: rfc822; ${BEN}`,
      'Action: failed',
      'Status: 5.7.1',
      `Diagnostic-Code: smtp; 550 5.7.1 ${'blocked '.repeat(100)}`,
    ]
    const bounce = await bounceIn(notice([`In-Reply-To: ${OURS}`], failed(...fields)))
    expect(bounce?.words).toHaveLength(300)
  })
})

const FAILED = failed(`Final-Recipient: rfc822; ${BEN}`, 'Action: failed', 'Status: 5.1.1')
const OTHER = '<other@example.com>'

describe('no bounce of this mail', () => {
  test.each([
    ['a delay', failed(`Final-Recipient: rfc822; ${BEN}`, 'Action: delayed', 'Status: 4.4.1')],
    ['a delivery', failed(`Final-Recipient: rfc822; ${BEN}`, 'Action: delivered', 'Status: 2.0.0')],
    [
      'another recipient',
      failed('Final-Recipient: rfc822; cara@example.org', 'Action: failed', 'Status: 5.1.1'),
    ],
    ['no action', failed(`Final-Recipient: rfc822; ${BEN}`, 'Status: 5.1.1')],
    ['no status at all', failed(`Final-Recipient: rfc822; ${BEN}`, 'Action: failed', 'Status: bad')],
    ['an empty report', status('')],
  ])('%s', async (_, report) => {
    expect(await bounceIn(notice([`In-Reply-To: ${OURS}`], report))).toBeNull()
  })

  test.each([
    ['which nothing in it names', [], []],
    ['where it answers another one', [`In-Reply-To: ${OTHER}`, `References: ${OURS} ${OTHER}`], []],
    ['where it gives another one back', [`In-Reply-To: ${OURS}`], [original('message/rfc822', OTHER)]],
  ])('but of another one, %s', async (_, headers, parts) => {
    expect(await bounceIn(notice(headers, FAILED, ...parts))).toBeNull()
  })

  test('where the mail is no report', async () => {
    const raw = notice([`In-Reply-To: ${OURS}`], FAILED)
    expect(await bounceIn(raw)).not.toBeNull()
    expect(await bounceIn(raw.replace('multipart/report', 'multipart/mixed'))).toBeNull()
    expect(await bounceIn(raw.replace('=delivery-status', '=disposition-notification'))).toBeNull()
  })
})

test.each([
  ['nothing', ''],
  ['noise', '\u0000\u0001\xff\xfe no mail \r\n\r\n\r\n'],
  ['a report without parts', notice([])],
  [
    'a report whose parts never begin',
    'Content-Type: multipart/report; report-type=delivery-status\r\n\r\nhello',
  ],
  ['a report that breaks off', notice([`In-Reply-To: ${OURS}`], FAILED).slice(0, 190)],
  ['parts in parts without end', nested(400)],
  ['headers without end', `X: ${'x'.repeat(900_000)}\r\n`.repeat(3)],
])('broken mail is read as no notice and breaks nothing: %s', async (_, raw) => {
  expect(await bounceIn(raw)).toBeNull()
})

test('a report is told by its Content-Type, however that is written', () => {
  expect(isDeliveryReport('multipart/report; boundary="x";\r\n\treport-type="delivery-status"')).toBe(true)
  expect(isDeliveryReport('Multipart/Report; Report-Type=delivery-status; boundary=x')).toBe(true)
  expect(isDeliveryReport('multipart/report; report-type=disposition-notification')).toBe(false)
  expect(isDeliveryReport('text/plain; report-type=delivery-status')).toBe(false)
})

function nested(depth: number): string {
  const open = Array.from(
    { length: depth },
    (_, i) =>
      `Content-Type: multipart/report; report-type=delivery-status; boundary=b${i}\r\n\r\n--b${i}\r\n`,
  )
  return open.join('')
}
