import type { MessageRow } from '../db/dashboard.ts'
import type { Placement } from '../domain/message.ts'
import { type TimeView, timeView } from './times.ts'
import { LABEL_WORDS, PLACEMENT_WORDS, STATE_WORDS, sentence } from './words.ts'

export type MessageView = ReturnType<typeof messageView>
export type ConversationView = { href: string; subject: string; messages: MessageView[] }
type Looking = { now: Date; zone: string }

/** A mail as one party sees it (`viewer` is its account id), or as a bystander does. */
export function messageView(row: MessageRow, { now, zone, viewer }: Looking & { viewer: number | null }) {
  const time = (instant: Date): TimeView => timeView(instant, { now, zone })
  const { placement, placedAt, openedAt, rescuedAt, labelsSeen, bounceStatus, bounceWords } = row
  const failure = row.failure ?? (row.openFailure && `looking after it was given up: ${row.openFailure}`)
  const isWithdrawn = row.state === 'cancelled'
  const isIncoming = row.recipient.id === viewer
  const partner = isIncoming ? row.sender : row.recipient
  return {
    id: row.id,
    href: `/messages/${row.id}`,
    turn: row.turn,
    subject: row.subject,
    direction: viewer === null ? null : isIncoming ? 'from' : 'to',
    partner: party(partner),
    sender: party(row.sender),
    recipient: party(row.recipient),
    state: { name: row.state, words: STATE_WORDS[row.state] },
    at: isWithdrawn ? null : time(row.sentAt ?? row.sendStartedAt ?? row.plannedFor),
    failure: failure && { words: sentence(failure), isError: !isWithdrawn },
    gmailSearch: `rfc822msgid:${row.rfcMessageId.replace(/[<>]/g, '')}`,
    placement: placement && {
      name: placement,
      words: ENDED_ELSEWHERE[placement] ?? `Found in ${PLACEMENT_WORDS[placement]}`,
      at: placedAt && time(placedAt),
    },
    labels: labelsSeen && (labelsSeen.map((label) => LABEL_WORDS[label] ?? label).join(', ') || 'none'),
    bounce: bounceStatus && { status: bounceStatus, words: sentence(bounceWords ?? '') },
    rescued: rescuedAt && time(rescuedAt),
    opened: openedAt && time(openedAt),
    isLeftUnread: row.opens === false && placement !== null && !(placement in ENDED_ELSEWHERE),
  }
}

/** Where nobody found it. */
const ENDED_ELSEWHERE: Partial<Record<Placement, string>> = {
  missing: 'Did not arrive',
  bounced: 'Came back',
}

/** Groups mails, newest first, into conversations; the one with the newest mail first, each in the order of its turns. */
export function conversationViews(rows: readonly MessageRow[], looking: Looking & { viewer: number }) {
  const conversations = Map.groupBy(rows, ({ conversationId }) => conversationId)
  return [...conversations.values()].map((mails): ConversationView => {
    const inOrder = mails.toSorted((a, b) => a.turn - b.turn).map((row) => messageView(row, looking))
    const [first] = inOrder
    return {
      href: first?.href ?? '',
      subject: first?.subject.replace(/^re: /i, '') ?? '',
      messages: inOrder,
    }
  })
}

function party({ id, email }: { id: number; email: string }) {
  return { href: `/accounts/${id}`, email }
}
