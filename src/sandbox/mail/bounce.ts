import type { Refusal } from '../state/shapes.ts'
import { mailDate } from './stamp.ts'

export type Report = {
  /** Who sent the mail and is told. */
  sender: string
  recipient: string
  refusal: Refusal
  originalMessageId: string
  originalHead: string
  freshId: string
  now: Date
}

export const BOUNCER = 'mailer-daemon@googlemail.com'

export const UNKNOWN_ADDRESS: Refusal = {
  action: 'failed',
  status: '5.1.1',
  words: 'The email account that you tried to reach does not exist.',
}

const HOURS_OF_RETRIES = 46

/** A delivery status notification (RFC 3464), worded as Gmail words it. */
export function deliveryStatusMail(report: Report): string {
  const { sender, recipient, refusal, originalMessageId: original, freshId, now } = report
  const { action, status, words } = refusal
  const code = status.startsWith('5') ? 550 : 451
  const boundary = `bounce-${freshId}`
  return [
    `From: Mail Delivery Subsystem <${BOUNCER}>`,
    `To: ${sender}`,
    'Auto-Submitted: auto-replied',
    `Subject: Delivery Status Notification (${action === 'failed' ? 'Failure' : 'Delay'})`,
    `Date: ${mailDate(now)}`,
    `Message-ID: <${freshId}.gmr@mx.google.com>`,
    `In-Reply-To: ${original}`,
    `References: ${original}`,
    `X-Failed-Recipients: ${recipient}`,
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; boundary="${boundary}"; report-type=delivery-status`,
    '',
    `--${boundary}`,
    'Content-Type: text/plain; charset="UTF-8"',
    '',
    ...explanation(report),
    '',
    'The response from the remote server was:',
    `${code} ${status} ${words}`,
    '',
    `--${boundary}`,
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; googlemail.com',
    `Received-From-MTA: dns; ${sender}`,
    `Arrival-Date: ${mailDate(now)}`,
    `X-Original-Message-ID: ${original}`,
    '',
    `Final-Recipient: rfc822; ${recipient}`,
    `Action: ${action}`,
    `Status: ${status}`,
    `Diagnostic-Code: smtp; ${code}-${status} ${words}`,
    `Last-Attempt-Date: ${mailDate(now)}`,
    ...(action === 'delayed' ? [`Will-Retry-Until: ${mailDate(afterRetries(now))}`] : []),
    '',
    `--${boundary}`,
    'Content-Type: message/rfc822',
    '',
    report.originalHead,
    '',
    '',
    `--${boundary}--`,
    '',
  ].join('\r\n')
}

function explanation({ recipient, refusal }: Report): string[] {
  if (refusal.action === 'delayed')
    return [
      '** Delivery incomplete **',
      '',
      `There was a temporary problem delivering your message to ${recipient}. Gmail will retry for ${HOURS_OF_RETRIES} more hours. You'll be notified if the delivery fails permanently.`,
    ]
  if (refusal.status === UNKNOWN_ADDRESS.status)
    return [
      '** Address not found **',
      '',
      `Your message wasn't delivered to ${recipient} because the address couldn't be found, or is unable to receive mail.`,
    ]
  return [
    '** Message not delivered **',
    '',
    `There was a problem delivering your message to ${recipient}. See the technical details below.`,
  ]
}

const afterRetries = (now: Date) => new Date(now.getTime() + HOURS_OF_RETRIES * 3_600_000)
