import { mailDate } from './stamp.ts'

export type Bounce = {
  from: string
  to: string
  unknownRecipient: string
  originalMessageId: string
  originalHead: string
  freshId: string
  now: Date
}

export const BOUNCER = 'mailer-daemon@googlemail.com'

/** A delivery status notification (RFC 3464), worded as Gmail words it for an address that does not exist. */
export function bounceMail(bounce: Bounce): string {
  const { unknownRecipient: unknown, originalMessageId: original, freshId, now } = bounce
  const boundary = `bounce-${freshId}`
  return [
    `From: Mail Delivery Subsystem <${BOUNCER}>`,
    `To: ${bounce.to}`,
    'Auto-Submitted: auto-replied',
    'Subject: Delivery Status Notification (Failure)',
    `Date: ${mailDate(now)}`,
    `Message-ID: <${freshId}.gmr@mx.google.com>`,
    `In-Reply-To: ${original}`,
    `References: ${original}`,
    `X-Failed-Recipients: ${unknown}`,
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; boundary="${boundary}"; report-type=delivery-status`,
    '',
    `--${boundary}`,
    'Content-Type: text/plain; charset="UTF-8"',
    '',
    '** Address not found **',
    '',
    `Your message wasn't delivered to ${unknown} because the address couldn't be found, or is unable to receive mail.`,
    '',
    'The response from the remote server was:',
    '550 5.1.1 The email account that you tried to reach does not exist.',
    '',
    `--${boundary}`,
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; googlemail.com',
    `Received-From-MTA: dns; ${bounce.from}`,
    `Arrival-Date: ${mailDate(now)}`,
    `X-Original-Message-ID: ${original}`,
    '',
    `Final-Recipient: rfc822; ${unknown}`,
    'Action: failed',
    'Status: 5.1.1',
    'Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist.',
    `Last-Attempt-Date: ${mailDate(now)}`,
    '',
    `--${boundary}`,
    'Content-Type: message/rfc822',
    '',
    bounce.originalHead,
    '',
    '',
    `--${boundary}--`,
    '',
  ].join('\r\n')
}
