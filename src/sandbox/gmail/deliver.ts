import { rfcMessageIdOf, senderOf } from '../mail/reading.ts'
import { stampDelivered } from '../mail/stamp.ts'
import { afterDelivery, afterReply, place } from '../placement.ts'
import type { Mailbox, Message, Placement } from '../state/shapes.ts'
import type { State } from '../state/state.ts'
import type { Transaction } from '../state/transaction.ts'
import { conversationOf, knownThread } from './threading.ts'

export type Delivery = { mailbox: Mailbox; from: string; raw: string; foreign: boolean }

const LABELS: Record<Placement, string[]> = {
  inbox: ['UNREAD', 'CATEGORY_PERSONAL', 'INBOX'],
  promotions: ['UNREAD', 'CATEGORY_PROMOTIONS', 'INBOX'],
  spam: ['UNREAD', 'SPAM'],
}

export function deliver(transaction: Transaction, delivery: Delivery, placement: Placement): Message {
  const { mailbox, from, foreign } = delivery
  const raw = stampDelivered(delivery.raw, from, mailbox.address, transaction.now)
  const id = transaction.nextMessageId()
  const threadId = knownThread(mailbox, conversationOf(raw)) ?? id
  const labels = LABELS[placement]
  const message = transaction.addMessage(mailbox, { id, threadId, labels, raw, foreign })
  noteDelivery(transaction, mailbox, message, placement)
  return message
}

export function noteDelivery(
  transaction: Transaction,
  mailbox: Mailbox,
  message: Message,
  placement: Placement,
): void {
  transaction.fact({
    kind: 'delivered',
    mailbox: mailbox.address,
    messageId: message.id,
    rfcMessageId: rfcMessageIdOf(message),
    from: senderOf(message),
    placement,
    foreign: message.foreign,
  })
}

/** Lets the model decide (unless control forces a placement) and remembers what the mail says of its sender. */
export function judge(
  transaction: Transaction,
  state: Readonly<State>,
  seed: number,
  delivery: Delivery,
): Placement {
  const { mailbox, from, raw } = delivery
  const sender = afterDelivery(transaction.sender(from))
  transaction.putSender(sender)
  const { references } = conversationOf(raw)
  const answersRecipient = references.some((id) =>
    (mailbox.byRfcMessageId.get(id) ?? []).some((message) => message.labels.includes('SENT')),
  )
  if (answersRecipient) transaction.putSender(afterReply(transaction.sender(mailbox.address)))
  const forced = state.options.placement
  return (
    forced.senders[from] ??
    forced.domains[domainOf(mailbox.address)] ??
    forced.all ??
    place(seed, sender, mailbox.address)
  )
}

const domainOf = (address: string) => address.slice(address.lastIndexOf('@') + 1)

/** The mailbox an address leads to; `anna+news@…` leads to `anna@…`. */
export function mailboxFor(state: Readonly<State>, address: string): Mailbox | undefined {
  return state.mailboxes.get(address) ?? state.mailboxes.get(address.replace(/\+[^@]*@/, '@'))
}
