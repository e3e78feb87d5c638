import { invalidArgument } from '../http/google-error.ts'
import { parseAddresses } from '../mail/addresses.ts'
import { BOUNCER, bounceMail } from '../mail/bounce.ts'
import { headerIn, headersIn, splitHead } from '../mail/headers.ts'
import { rfcMessageIdOf, subjectOf } from '../mail/reading.ts'
import { stampDelivered, stampSent } from '../mail/stamp.ts'
import type { Mailbox, Message } from '../state/shapes.ts'
import type { Call } from './call.ts'
import { deliver, judge, mailboxFor, noteDelivery } from './deliver.ts'

/** Sends a mail: a copy under SENT, one in the mailbox of every recipient, a bounce for each unknown one. */
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
    if (!recipient) bounce(call, sent, address)
    else if (!reached.has(recipient)) {
      reached.add(recipient)
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

function bounce({ transaction, mailbox }: Call, sent: Message, unknownRecipient: string): void {
  const id = transaction.nextMessageId()
  const raw = bounceMail({
    from: mailbox.address,
    to: mailbox.address,
    unknownRecipient,
    originalMessageId: rfcMessageIdOf(sent),
    originalHead: splitHead(sent.raw).head,
    freshId: id,
    now: transaction.now,
  })
  const notice = transaction.addMessage(mailbox, {
    id,
    threadId: sent.threadId,
    labels: ['UNREAD', 'INBOX'],
    raw: stampDelivered(raw, BOUNCER, mailbox.address, transaction.now),
    foreign: true,
  })
  transaction.fact({
    kind: 'bounced',
    mailbox: mailbox.address,
    messageId: notice.id,
    rfcMessageId: rfcMessageIdOf(sent),
    to: unknownRecipient,
  })
}
