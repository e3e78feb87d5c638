import { invalidArgument } from '../http/google-error.ts'
import { parseAddresses } from '../mail/addresses.ts'
import { UNKNOWN_ADDRESS } from '../mail/bounce.ts'
import { headerIn, headersIn } from '../mail/headers.ts'
import { rfcMessageIdOf, subjectOf } from '../mail/reading.ts'
import { stampSent } from '../mail/stamp.ts'
import type { Mailbox, Message } from '../state/shapes.ts'
import type { Call } from './call.ts'
import { deliver, judge, mailboxFor, noteDelivery } from './deliver.ts'
import { report } from './report.ts'

/** Sends a mail: a copy under SENT, one in the mailbox of every recipient, a bounce for each that is unknown or refuses. */
export function send(call: Call, raw: string, threadIn: (raw: string) => string | undefined): Message {
  const { state, mailbox, transaction, seed } = call
  const id = transaction.nextMessageId()
  const stamped = stampSent(raw, mailbox.address, `CA${id}`, transaction.now, state.options.rewriteMessageIds)
  if (parseAddresses(headerIn(headersIn(stamped), 'To')).length === 0) {
    throw invalidArgument('Recipient address required')
  }
  const recipients = recipientsOf(stamped)
  const toItself = recipients.some((address) => mailboxFor(state, address) === mailbox)
  const sent = transaction.addMessage(mailbox, {
    id,
    threadId: threadIn(stamped) ?? id,
    labels: toItself ? ['UNREAD', 'SENT', 'INBOX'] : ['SENT'],
    raw: stamped,
    foreign: false,
  })
  transaction.fact({
    kind: 'sent',
    mailbox: mailbox.address,
    messageId: sent.id,
    rfcMessageId: rfcMessageIdOf(sent),
    threadId: sent.threadId,
    to: recipients,
    subject: subjectOf(sent),
    size: sent.raw.length,
  })
  if (toItself) noteDelivery(transaction, mailbox, sent, 'inbox')
  const reached = new Set<Mailbox>([mailbox])
  for (const address of recipients) {
    const recipient = mailboxFor(state, address)
    if (!recipient) report(call, sent, address, UNKNOWN_ADDRESS)
    else if (!reached.has(recipient)) {
      reached.add(recipient)
      const { refusal } = recipient
      if (refusal) report(call, sent, address, refusal)
      if (refusal?.action === 'failed') continue
      const delivery = { mailbox: recipient, from: mailbox.address, raw: stamped, foreign: false }
      deliver(transaction, delivery, judge(transaction, state, seed, delivery))
    }
  }
  return sent
}

function recipientsOf(raw: string): string[] {
  const headers = headersIn(raw)
  const all = ['To', 'Cc', 'Bcc'].flatMap((name) => parseAddresses(headerIn(headers, name)))
  return [...new Set(all.map(({ address }) => address))]
}
