import type { EventRow } from '../db/dashboard.ts'
import type { EventKind } from '../domain/events.ts'
import type { Placement } from '../domain/message.ts'
import type { TaskKind } from '../domain/task.ts'
import { settingChanges, steeringWords } from './engine-words.ts'
import { type TimeView, timeView } from './times.ts'
import { counted, PLACEMENT_WORDS, TASK_WORDS } from './words.ts'

/** A line of the feed: `before`, then the mail's subject as a link where there is one, then `after`. */
export type EventView = {
  id: number
  at: TimeView
  account: { href: string; email: string } | null
  before: string
  message: { href: string; subject: string } | null
  after: string
  needsAttention: boolean
}

type Words = string | [before: string, after: string]

export function eventView(row: EventRow, now: Date): EventView {
  const words = WORDS[row.kind](row)
  const [before, after] = typeof words === 'string' ? [words, ''] : words
  return {
    id: row.id,
    at: timeView(row.at, { now, zone: row.account?.timeZone ?? 'UTC' }),
    account: row.account && { href: `/accounts/${row.account.id}`, email: row.account.email },
    before,
    message: row.message && { href: `/messages/${row.message.id}`, subject: row.message.subject },
    after,
    needsAttention: NEEDS_ATTENTION.has(row.kind),
  }
}

const NEEDS_ATTENTION = new Set<EventKind>([
  'needs_reauth',
  'app_refused',
  'google_down',
  'notice_failed',
  'send_failed',
  'send_unknown',
  'task_failed',
])

const to = ({ recipient }: EventRow) => (recipient ? `to ${recipient.email}` : '')
const from = ({ sender }: EventRow) => (sender ? `from ${sender.email}` : '')
const because = ({ data }: EventRow) => (data.reason ? `: ${data.reason}` : '')

const WORDS: Record<EventKind, (row: EventRow) => Words> = {
  connected: () => 'Connected',
  reconnected: () => 'Connected again, with a new token',
  settings_changed: ({ data: { withdrawn, ...changed } }) =>
    `Settings changed: ${settingChanges(changed)}${withdrawn ? `; ${counted(Number(withdrawn), 'unsent mail')} of today planned anew` : ''}`,
  engine_changed: ({ data }) => `Engine settings changed: ${settingChanges(data)}`,
  sending_stopped: () => 'All sending stopped',
  sending_resumed: () => 'Sending goes on',
  steered: (row) => steeringWords(row.data),
  moved_to_primary: (row) => ['Moved', `${from(row)} from Promotions to Primary`],
  marked: (row) => ['Marked', `${from(row)} as ${markedAs(row)}`],
  bounced: (row) => ['Came back:', `${to(row)}${because(row)}`],
  reply_dropped: (row) => ['Not answered, as it is too old:', to(row)],
  paused: () => 'Paused',
  resumed: () => 'Resumed',
  removed: ({ data }) =>
    data.withdrawn ? `Removed; ${counted(Number(data.withdrawn), 'planned mail')} withdrawn` : 'Removed',
  revoked: () => 'Access revoked at Google, token erased',
  app_refused: (row) => [`Google refuses the OAuth client${because(row)}`, ''],
  app_accepted: () => 'Google accepts the OAuth client again',
  google_down: (row) => [`Google fails for many accounts at once${because(row)}`, ''],
  google_up: () => 'Google answers again',
  token_served: ({ data }) => `Token handed to ${data.key}${data.refreshed ? ', refreshed first' : ''}`,
  notice_failed: (row) => `A notice could not be delivered${because(row)}`,
  needs_reauth: (row) => `Needs re-authentication${because(row)}`,
  planned: ({ data }) => {
    const short = Number(data.shortOf) > 0 ? `; the pool is short of ${data.shortOf} more` : ''
    const late = Number(data.noTimeFor) > 0 ? `; its hours have no time for ${data.noTimeFor} more` : ''
    return `Planned ${counted(Number(data.mails ?? 0), 'mail')} for ${data.day}, warmup day ${data.warmupDay}${short}${late}`
  },
  sent: (row) => ['Sent', to(row)],
  send_failed: (row) => ['Could not send', `${to(row)}${because(row)}`],
  send_unknown: (row) => ['Can’t tell whether this was sent:', `${to(row)}${because(row)}`],
  send_not_found: (row) => [
    row.data.draft ? 'Looked for, and only its draft found:' : 'Looked for, and not found:',
    to(row),
  ],
  resend_wished: (row) => ['To be sent again, if one more look does not find it:', to(row)],
  send_again: (row) => ['Not found, and planned again:', to(row)],
  send_dropped: (row) => ['Dropped, sent or not:', to(row)],
  delivered: (row) => ['Found', `${from(row)} in ${placement(row)}`],
  rescued: (row) => ['Took', `${from(row)} out of spam`],
  opened: (row) => ['Opened', from(row)],
  left_unread: (row) => ['Left', `${from(row)} unread`],
  missing: (row) => ['Missing for a day:', to(row)],
  restored: ({ data }) => [
    `Restored from a backup: ${counted(Number(data.sent), 'mail')} and ${counted(Number(data.replies), 'answer')} found that had been sent since`,
    '',
  ],
  task_failed: (row) => [`${taskWords(row)} was given up${because(row)}`, ''],
  tried_again: (row) => ['Tried again:', to(row)],
  fetching_changed: ({ data }) => `Fetching of new mail changed: ${settingChanges(data)}`,
  route_added: ({ data }) => `Route “${data.name}” added: mail is handed to ${data.destination}`,
  route_removed: ({ data }) =>
    `Route “${data.name}” removed${data.waiting ? `, with ${counted(Number(data.waiting), 'mail')} that waited` : ''}`,
  handoffs_replayed: ({ data }) =>
    `Handed on anew by the route “${data.route}”: ${counted(Number(data.mails), 'mail')} that had been given up`,
}

/** An event of the first version does not say which task. */
function taskWords({ data }: EventRow): string {
  const words = TASK_WORDS[data.task as TaskKind]
  return words ? `“${words}”` : 'A task'
}

function placement({ data }: EventRow): string {
  return PLACEMENT_WORDS[data.placement as Placement] ?? String(data.placement)
}

function markedAs({ data }: EventRow): string {
  return [data.important ? 'important' : null, data.starred ? 'starred' : null].filter(Boolean).join(' and ')
}
