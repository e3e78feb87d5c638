import { byId, type Facts, type MessageFacts, mailName } from '../facts.ts'

/** States that end a mail that Google has not sent; each says why. */
const ENDED_UNSENT = ['failed', 'unknown', 'cancelled']

/** Google has sent each mail that a row says is sent, once, to whom it was meant for, and no other one. */
export function sentOnce({ ledger, messages, accounts }: Facts): string[] {
  const account = byId(accounts)
  const known = rowsByMail(messages, account)
  const sendings = new Map<MessageFacts, number>()
  const wrong: string[] = []
  for (const fact of ledger) {
    if (fact.kind !== 'sent') continue
    const row =
      known.get(keyOf(fact.mailbox, fact.messageId)) ?? known.get(keyOf(fact.mailbox, fact.rfcMessageId))
    if (!row) {
      wrong.push(`${fact.mailbox} sent “${fact.subject}” (${fact.rfcMessageId}), which no row knows`)
      continue
    }
    sendings.set(row, (sendings.get(row) ?? 0) + 1)
    if (row.state !== 'sent' && row.state !== 'unknown')
      wrong.push(`${mailName(row)} was sent, and its row says ${row.state}`)
    const { email } = account(row.recipientId)
    if (fact.to.join() !== email.toLowerCase())
      wrong.push(`${mailName(row)} went to ${fact.to.join()} in the place of ${email}`)
  }
  for (const [row, times] of sendings) if (times > 1) wrong.push(`${mailName(row)} was sent ${times} times`)
  for (const row of messages) {
    if (row.state === 'sent' && !sendings.has(row)) wrong.push(`${mailName(row)} was never sent`)
    if (ENDED_UNSENT.includes(row.state) && !row.failure)
      wrong.push(`${mailName(row)} is ${row.state} and does not say why`)
  }
  return wrong
}

/** By what Gmail calls a mail in its sender's mailbox, and by the Message-ID that was chosen for it. */
function rowsByMail(messages: Facts['messages'], account: (id: number) => { email: string }) {
  const known = new Map<string, MessageFacts>()
  for (const row of messages) {
    const { email } = account(row.senderId)
    known.set(keyOf(email, row.rfcMessageId), row)
    if (row.gmailMessageId !== null) known.set(keyOf(email, row.gmailMessageId), row)
  }
  return known
}

const keyOf = (mailbox: string, id: string) => `${mailbox.toLowerCase()} ${id}`
