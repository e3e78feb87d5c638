import { HEALTH_WORDS } from '../web/engine-words.ts'
import { percent, shareView } from '../web/rate-view.ts'
import type { AccountFigures } from './figures.ts'

/** What the rehearsal cost. */
export type Cost = { seconds: number; runs: number; steps: number; googleCalls: number }

export const ACCOUNT_COLUMNS = [
  'account',
  'type',
  'sent',
  'replies',
  'inbox (95 %)',
  'tabs (95 %)',
  'spam (95 %)',
  'lost',
  'opened (goal)',
  'answered (goal)',
  'day',
  'health',
]

/** One account as a row of a table; of a pool account there is no ramp to tell of. */
export function accountRow(account: AccountFigures): string[] {
  const { email, kind, sent, replies, inbox, tabs, spam, lost, health, warmupDay } = account
  const found = inbox + tabs + spam + lost
  return [
    email,
    kind,
    String(sent),
    String(replies),
    ...[inbox, tabs, spam].map((part) => share(part, found)),
    String(lost),
    goal(account.opened, account.received, account.openRate),
    goal(account.answered, account.opened, account.replyRate),
    kind === 'warmup' ? String(warmupDay) : '',
    HEALTH_WORDS[health],
  ]
}

/** "87 % (83–90 %)", or a dash where there is nothing to share. */
function share(part: number, whole: number): string {
  const { achieved, interval } = shareView(part, whole)
  return interval === null ? achieved : `${achieved} (${interval})`
}

function goal(part: number, whole: number, wanted: number): string {
  const { achieved } = shareView(part, whole)
  return whole === 0 ? achieved : `${achieved} (${percent(wanted)})`
}

export function totalsText(accounts: readonly AccountFigures[]): string {
  const sum = (name: 'sent' | 'replies' | 'spam' | 'lost') =>
    accounts.reduce((total, account) => total + account[name], 0)
  return `${sum('sent')} mails sent, ${sum('replies')} of them replies; ${sum('spam')} found in spam, ${sum('lost')} lost`
}

export function costText({ seconds, runs, steps, googleCalls }: Cost): string {
  return `${seconds.toFixed(1)} s: ${runs} runs of tasks in ${steps} steps of time, ${googleCalls} calls of Google`
}
