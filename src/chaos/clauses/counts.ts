import { domainOf } from '../../domain/account.ts'
import { localDateOf } from '../../domain/local-time.ts'
import { evidenceKindOf } from '../../domain/message.ts'
import { byId, type Facts, type MessageFacts } from '../facts.ts'

/** Numbers by what they count: “anna@example.com sent”. */
type Tally = Map<string, number>

/** The running totals, those of the days, and those of the placements are what the mails add up to. */
export function countsAgree(facts: Facts): string[] {
  return [
    ...differences(totalsKept(facts), totalsOf(facts)),
    ...differences(daysKept(facts), daysOf(facts)),
    ...differences(placementsKept(facts), placementsOf(facts)),
  ]
}

function differences(kept: Tally, counted: Tally): string[] {
  return [...new Set([...kept.keys(), ...counted.keys()])].flatMap((key) => {
    const [says, are] = [kept.get(key) ?? 0, counted.get(key) ?? 0]
    return says === are ? [] : [`${key}: kept ${says}, counted ${are}`]
  })
}

const TOTALS = [
  'sent',
  'placed',
  'placedSpam',
  'missing',
  'bounced',
  'received',
  'opened',
  'answered',
  'rescued',
  'markedImportant',
  'starred',
  'movedToPrimary',
  'bouncedTo',
] as const
const DAYS = ['sent', 'replies', 'inbox', 'tabs', 'spam', 'missing', 'bounced', 'bouncedTo'] as const

function totalsKept({ counts, accounts }: Facts): Tally {
  const account = byId(accounts)
  return new Map(
    counts.flatMap((row) => TOTALS.map((name) => [`${account(row.accountId).email} ${name}`, row[name]])),
  )
}

function totalsOf({ messages, accounts }: Facts): Tally {
  const account = byId(accounts)
  const tally: Tally = new Map()
  for (const row of messages) {
    const sender = (name: (typeof TOTALS)[number], is: boolean) =>
      add(tally, `${account(row.senderId).email} ${name}`, is)
    const recipient = (name: (typeof TOTALS)[number], is: boolean) =>
      add(tally, `${account(row.recipientId).email} ${name}`, is)
    const does = (name: 'important' | 'star' | 'primary') => row.decisions?.[name]?.answer === true
    const isFound = row.recipientMessageId !== null
    sender('sent', row.state === 'sent')
    sender('answered', row.state === 'sent' && row.inReplyTo !== null)
    sender('placed', isFound)
    sender('placedSpam', isFound && row.placement === 'spam')
    sender('missing', row.placement === 'missing')
    sender('bounced', row.placement === 'bounced')
    recipient('bouncedTo', row.placement === 'bounced')
    recipient('received', isFound && row.decisions?.open !== undefined)
    recipient('opened', row.openedAt !== null)
    recipient('rescued', row.rescuedAt !== null)
    recipient('movedToPrimary', does('primary') && (row.openedAt ?? row.handledAt) !== null)
    recipient('markedImportant', does('important') && row.handledAt !== null)
    recipient('starred', does('star') && row.handledAt !== null)
  }
  return tally
}

function daysKept({ days, accounts }: Facts): Tally {
  const account = byId(accounts)
  return new Map(
    days.flatMap((row) =>
      DAYS.map((name) => [`${account(row.accountId).email} ${name} on ${row.day}`, row[name]]),
    ),
  )
}

function daysOf({ messages, accounts }: Facts): Tally {
  const account = byId(accounts)
  const tally: Tally = new Map()
  const count = (accountId: number, name: (typeof DAYS)[number], at: Date) => {
    const { email, timeZone } = account(accountId)
    add(tally, `${email} ${name} on ${localDateOf(at, timeZone)}`, true)
  }
  for (const row of messages) {
    if (row.sentAt) count(row.senderId, 'sent', row.sentAt)
    if (row.sentAt && row.inReplyTo !== null) count(row.senderId, 'replies', row.sentAt)
    const kind = row.placement && evidenceKindOf(row.placement)
    if (kind && row.placedAt) count(row.senderId, kind, row.placedAt)
    if (kind === 'bounced' && row.placedAt) count(row.recipientId, 'bouncedTo', row.placedAt)
  }
  return tally
}

function placementsKept({ placements, accounts }: Facts): Tally {
  const account = byId(accounts)
  return new Map(
    placements.map((row) => [placementName(account(row.senderId).email, row.domain, row), row.mails]),
  )
}

function placementsOf({ messages, accounts }: Facts): Tally {
  const account = byId(accounts)
  const tally: Tally = new Map()
  for (const row of messages)
    if (row.placement && evidenceKindOf(row.placement) !== null) {
      const domain = domainOf(account(row.recipientId).email)
      add(tally, placementName(account(row.senderId).email, domain, row), true)
    }
  return tally
}

function placementName(email: string, domain: string, { placement }: Pick<MessageFacts, 'placement'>) {
  return `${email} at ${domain} in ${placement}`
}

function add(tally: Tally, key: string, is: boolean): void {
  if (is) tally.set(key, (tally.get(key) ?? 0) + 1)
}
