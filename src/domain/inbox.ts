import type { MailClass } from './mail-class.ts'

/** How often new mail is fetched, where it is: every so many minutes, from one to a day. */
export const SYNC_MINUTES = { low: 1, high: 1440, default: 5 } as const

/** What Gmail tells of a mail that came in. */
export type IncomingMail = {
  gmailId: string
  threadId: string
  /** With angle brackets; null where it bears none. */
  rfcMessageId: string | null
  from: string
  /** To and Cc, as they stand. */
  recipients: string[]
  subject: string
  snippet: string
  labelIds: string[]
  /** Bytes, as Gmail estimates them. */
  size: number
  receivedAt: Date
  /** Its text, where that is kept. */
  body: string | null
}

/** What is kept of it. */
export type ClassifiedMail = IncomingMail & {
  class: MailClass
  rule: string | null
  /** It is a mail by which a route hands another one on. */
  isHandedOn: boolean
}

/** Drafts, chats and what the account sent itself did not come in; what it sent to itself did. */
export function hasComeIn(labelIds: readonly string[]): boolean {
  if (labelIds.includes('DRAFT') || labelIds.includes('CHAT')) return false
  return !labelIds.includes('SENT') || labelIds.includes('INBOX')
}

/**
 * When an account's mail is fetched next: always at the same moment within its interval, which differs from account to
 * account, so that thousands stay spread out however they once came together.
 */
export function nextSync(accountId: number, everyMinutes: number, now: Date): Date {
  const interval = everyMinutes * 60_000
  const phase = Math.floor(scattered(accountId) * interval)
  return new Date(Math.floor((now.getTime() - phase) / interval + 1) * interval + phase)
}

/** 0 to 1, far apart for neighbours. Knuth's multiplicative hash: The Art of Computer Programming 3, 6.4. */
function scattered(id: number): number {
  return ((Math.imul(id, 2_654_435_769) >>> 0) % 1_000_003) / 1_000_003
}

/** The later one of two of Gmail's history ids, which are whole numbers beyond what a number holds. */
export function laterHistory(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b
  return BigInt(a) >= BigInt(b) ? a : b
}

/** Mail may be filed with a time that is over; what is known already is told apart by its id. */
export const OVERLAP_MS = 3_600_000

/** By then Gmail's search has learnt of a mail that its history tells of already. */
export const SEARCHABLE_AFTER_MS = 60_000

/** Whether the search may not know a mail yet. */
export function isTooNewToSearch(receivedAt: Date, now: Date): boolean {
  return Math.abs(now.getTime() - receivedAt.getTime()) < SEARCHABLE_AFTER_MS
}

/** What `hasComeIn` says, in Gmail's search. */
const CAME_IN = '(in:inbox OR -in:sent) -in:drafts -in:chats'

/** Gmail's search for what came in since a time, seconds being its finest measure. */
export function searchSince(since: Date, filter: string): string {
  const after = `after:${Math.floor((since.getTime() - OVERLAP_MS) / 1000)}`
  return [after, CAME_IN, ...(filter === '' ? [] : [`(${filter})`])].join(' ')
}
