import type { LedgerEntry } from '../../sandbox/state/shapes.ts'
import { byId, type Facts, type MessageFacts, mailName } from '../facts.ts'

type Modified = Extract<LedgerEntry, { kind: 'modified' }>

/** Labels are changed on our own mails alone, as was decided; and what a row says was done was done. */
export function onlyOwnMail({ ledger, messages, accounts }: Facts): string[] {
  const account = byId(accounts)
  const sent = new Map<string, MessageFacts>()
  const received = new Map<string, MessageFacts>()
  for (const row of messages) {
    if (row.gmailMessageId) sent.set(`${account(row.senderId).email} ${row.gmailMessageId}`, row)
    if (row.recipientMessageId)
      received.set(`${account(row.recipientId).email} ${row.recipientMessageId}`, row)
  }
  const wrong: string[] = []
  const opened = new Set<MessageFacts>()
  for (const fact of ledger) {
    if (fact.kind !== 'modified') continue
    const key = `${fact.mailbox} ${fact.messageId}`
    const own = sent.get(key)
    const row = received.get(key)
    if (own) {
      if (changesMore(fact)) wrong.push(`its sender’s copy of ${mailName(own)} got more than a label`)
    } else if (row) {
      wrong.push(...undecided(fact, row))
      if (fact.removed.includes('UNREAD')) opened.add(row)
    } else wrong.push(`${fact.mailbox}: a mail that is not ours was changed (${fact.rfcMessageId})`)
  }
  for (const row of messages)
    if (row.openedAt !== null && !opened.has(row)) wrong.push(`${mailName(row)} was never opened`)
  return wrong
}

function changesMore({ added, removed }: Modified): boolean {
  return removed.length > 0 || added.some((label) => !label.startsWith('Label_'))
}

function undecided({ removed }: Modified, row: MessageFacts): string[] {
  const wrong: string[] = []
  if (removed.includes('UNREAD') && row.opens !== true)
    wrong.push(`${mailName(row)} was opened, and was to be left unread`)
  if (removed.includes('SPAM') && row.placement !== 'spam')
    wrong.push(`${mailName(row)} was taken out of spam, and lay in ${row.placement}`)
  return wrong
}
