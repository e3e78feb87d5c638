import { BOUNCER, deliveryStatusMail } from '../mail/bounce.ts'
import { splitHead } from '../mail/headers.ts'
import { rfcMessageIdOf } from '../mail/reading.ts'
import { stampDelivered } from '../mail/stamp.ts'
import type { Message, Refusal } from '../state/shapes.ts'
import type { Call } from './call.ts'

/** Tells the sender, in the thread of the mail, that a recipient's server refuses it for good or for now. */
export function report(
  { transaction, mailbox }: Call,
  sent: Message,
  recipient: string,
  refusal: Refusal,
): void {
  const id = transaction.nextMessageId()
  const raw = deliveryStatusMail({
    sender: mailbox.address,
    recipient,
    refusal,
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
  if (refusal.action === 'delayed') return
  transaction.fact({
    kind: 'bounced',
    mailbox: mailbox.address,
    messageId: notice.id,
    rfcMessageId: rfcMessageIdOf(sent),
    to: recipient,
  })
}
