import { isAddress, parseAddresses } from './addresses.ts'
import { headerIn, headersIn, withField } from './headers.ts'

/** What Gmail does to the head of a mail its user writes: its own From, and a Message-ID if there is none. */
export function stampDraft(raw: string, mailbox: string, freshId: string): string {
  const headers = headersIn(raw)
  const name = parseAddresses(headerIn(headers, 'From'))[0]?.name ?? ''
  let stamped = raw
  if (parseAddresses(headerIn(headers, 'From'))[0]?.address !== mailbox) {
    stamped = withField(stamped, 'From', name === '' ? mailbox : `${displayName(name)} <${mailbox}>`)
  }
  if (!headerIn(headers, 'Message-ID')) stamped = withField(stamped, 'Message-ID', messageId(freshId))
  return stamped
}

/** What it does besides when the mail is sent. */
export function stampSent(
  raw: string,
  mailbox: string,
  freshId: string,
  now: Date,
  rewriteId: boolean,
): string {
  let stamped = stampDraft(raw, mailbox, freshId)
  const headers = headersIn(stamped)
  if (!headerIn(headers, 'Date')) stamped = withField(stamped, 'Date', mailDate(now))
  if (!headerIn(headers, 'MIME-Version')) stamped = withField(stamped, 'MIME-Version', '1.0')
  if (rewriteId) {
    stamped = withField(stamped, 'X-Google-Original-Message-ID', headerIn(headers, 'Message-ID'))
    stamped = withField(stamped, 'Message-ID', messageId(freshId))
  }
  return stamped
}

/** The copy a recipient gets: without Bcc, with the traces of its delivery. */
export function stampDelivered(raw: string, from: string, to: string, now: Date): string {
  const trace = [
    `Delivered-To: ${to}`,
    `Received: by mail.sandbox.invalid; ${mailDate(now)}`,
    ...(isAddress(from) ? [`Return-Path: <${from}>`] : []),
  ]
  return `${trace.join('\r\n')}\r\n${withField(raw, 'Bcc', undefined)}`
}

export const mailDate = (date: Date) => date.toUTCString().replace('GMT', '+0000')

const messageId = (freshId: string) => `<${freshId}@mail.gmail.com>`

const displayName = (name: string) =>
  /[^\x20-\x7e]/.test(name)
    ? `=?UTF-8?B?${Buffer.from(name).toString('base64')}?=`
    : `"${name.replace(/["\\]/g, '\\$&')}"`
