import { createHash } from 'node:crypto'
import type { Change } from './state/changes.ts'
import type { State } from './state/state.ts'

// A mailbox has a past: its history does not begin at one.
const FIRST_HISTORY_ID = 1_000

/** The changes that open a mailbox; none if there is one. */
export function createMailbox(state: Readonly<State>, address: string): Change[] {
  if (state.mailboxes.has(address)) return []
  const historyId = FIRST_HISTORY_ID
  return [{ kind: 'mailbox', address, sub: subjectFor(address), historyId, historyFloor: historyId }]
}

/** Google's account number: 21 digits, always the same for an address. */
export function subjectFor(address: string): string {
  const digits = BigInt(`0x${createHash('sha256').update(address).digest('hex')}`).toString()
  return `1${digits.slice(-20).padStart(20, '0')}`
}
