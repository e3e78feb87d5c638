import { parseAddresses } from '../mail/addresses.ts'
import { headerIn, headersIn, withField } from '../mail/headers.ts'
import { asRaw, looksLikeMail } from '../mail/reading.ts'
import { mailDate } from '../mail/stamp.ts'
import type { Placement } from '../state/shapes.ts'
import type { Transaction } from '../state/transaction.ts'
import { ControlError } from './control-error.ts'

export type ForeignMail = (
  | { raw: string }
  | { from: string; subject: string; text: string; inReplyTo?: string }
) & {
  /** `model` asks the placement model. */
  placement?: Placement | 'model'
}

export function foreignMail(mail: ForeignMail, to: string, transaction: Transaction) {
  const typed = 'raw' in mail ? asRaw(Buffer.from(mail.raw)) : compose(mail, to)
  if (!looksLikeMail(typed)) throw new ControlError('the mail has no header')
  const headers = headersIn(typed)
  const from = parseAddresses(headerIn(headers, 'From'))[0]?.address
  if (from === undefined) throw new ControlError('the mail has no sender')
  let raw = typed
  if (!headerIn(headers, 'Date')) raw = withField(raw, 'Date', mailDate(transaction.now))
  if (!headerIn(headers, 'Message-ID')) {
    const id = transaction.nextMessageId()
    raw = withField(raw, 'Message-ID', `<${id}@${from.slice(from.lastIndexOf('@') + 1)}>`)
  }
  return { from, raw }
}

function compose(
  mail: { from: string; subject: string; text: string; inReplyTo?: string },
  to: string,
): string {
  const fields = [
    `From: ${oneLine(mail.from)}`,
    `To: ${to}`,
    `Subject: ${oneLine(mail.subject)}`,
    ...(mail.inReplyTo
      ? [`In-Reply-To: ${oneLine(mail.inReplyTo)}`, `References: ${oneLine(mail.inReplyTo)}`]
      : []),
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset="UTF-8"',
    'Content-Transfer-Encoding: 8bit',
  ]
  return asRaw(Buffer.from(`${fields.join('\r\n')}\r\n\r\n${mail.text}`))
}

const oneLine = (text: string) => text.replace(/[\r\n]+/g, ' ')
