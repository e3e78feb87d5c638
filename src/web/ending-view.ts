import type { MessageRow } from '../db/dashboard.ts'
import type { TroubledRow, UnknownRow } from '../db/ending-reports.ts'
import { COMES_AGAIN_HOURS, isOver } from '../domain/task.ts'
import { whyNoLook } from '../domain/try-again.ts'
import { provesAbsence } from '../domain/unknown-send.ts'
import { messageView } from './message-view.ts'
import { type TimeView, timeView } from './times.ts'
import { sentence, TASK_WORDS, WAITING_WORDS } from './words.ts'

/** What is known of a mail that ended badly, and what its operator may do; a line's time stands between its words. */
export type EndingView = {
  lines: { before: string; at: TimeView | null; after: string }[]
  buttons: { action: string; label: string }[]
}

/** A mail as a bystander sees it, with what its operator may do about its end; `unknown`: its row of the unknown mails. */
export function endedMessageView(row: MessageRow, now: Date, unknown?: UnknownRow) {
  return {
    ...messageView(row, { now, zone: 'UTC', viewer: null }),
    ending: unknown ? unknownEnding(unknown, now) : hasFailed(row) ? TRY_AGAIN : null,
  }
}

export function unknownSendView(row: UnknownRow, now: Date) {
  return endedMessageView(row, now, row)
}

function hasFailed({ state, openFailure }: MessageRow): boolean {
  return state === 'failed' || openFailure !== null
}

const TRY_AGAIN: EndingView = { lines: [], buttons: [{ action: 'try-again', label: 'Try again' }] }

function unknownEnding(row: UnknownRow, now: Date): EndingView {
  const at = (instant: Date) => timeView(instant, { now, zone: 'UTC' })
  const canLook = row.senderStatus !== 'removed'
  const canSendAgain = canLook && provesAbsence(row) && row.resendWishedAt === null
  return {
    lines: [lastLook(row), ...nextLook(row, now)].map(({ at: instant = null, before, after = '' }) => ({
      before,
      at: instant && at(instant),
      after,
    })),
    buttons: [
      ...(canLook ? [{ action: 'look', label: 'Look again' }] : []),
      ...(canSendAgain ? [{ action: 'send-again', label: 'It was not sent: send again' }] : []),
      { action: 'drop', label: 'Drop' },
    ],
  }
}

type Line = { before: string; at?: Date | null; after?: string }

function lastLook(row: UnknownRow): Line {
  const { lookedAt: at } = row
  switch (row.lookSaw) {
    case null:
      return { before: 'It has not been looked for yet.' }
    case 'error':
      return {
        before: 'Could not be looked for',
        at,
        after: `: ${sentence(row.lookFailure ?? 'nobody knows why')}`,
      }
    case 'draft':
      return { before: 'Looked for', at, after: ': its draft is still there, so it was not sent.' }
    case 'nothing':
      return {
        before: 'Looked for',
        at,
        after: provesAbsence(row) ? ABSENT : ': not found, but it was too soon to be sure.',
      }
  }
}

const ABSENT = ': neither the mail nor its draft is in its sender’s mailbox, so it was not sent.'

function nextLook(row: UnknownRow, now: Date): Line[] {
  const hindrance = whyNoLook({ status: row.senderStatus })
  if (hindrance !== null) return [{ before: sentence(hindrance) }]
  const { lookDueAt, lookWaitsFor } = row
  if (lookDueAt === null) return []
  const isError = lookWaitsFor !== null && !(lookWaitsFor in WAITING_WORDS)
  const error = isError ? `, after an error: ${lookWaitsFor}` : ''
  const then = row.resendWishedAt === null ? '' : ' It is sent again, unless this look finds it.'
  if (lookDueAt <= now) return [{ before: `It is being looked for${error}…${then}` }]
  return [{ before: 'It will be looked for', at: lookDueAt, after: `${error}.${then}` }]
}

/** A task whose last try ended in an error, and when it is tried again. */
export function troubleView({ kind, messageId, errors, account, ...task }: TroubledRow, now: Date) {
  const isGivenUp = COMES_AGAIN_HOURS[kind] !== undefined && isOver('other', errors)
  const tries = errors === 1 ? 'one try failed' : `${errors} tries failed`
  return {
    words: TASK_WORDS[kind],
    href: messageId === null ? `/accounts/${account.id}` : `/messages/${messageId}`,
    email: account.email,
    tries: isGivenUp ? `${tries}; it was given up, and begins anew by itself` : tries,
    reason: task.waitingFor && sentence(WAITING_WORDS[task.waitingFor] ?? task.waitingFor),
    next: account.status === 'needs_reauth' ? null : timeView(task.dueAt, { now, zone: 'UTC' }),
  }
}
