import { invalidArgument, notFound } from '../http/google-error.ts'
import type { HistoryEntry } from '../state/shapes.ts'
import { type Call, maxResults } from './call.ts'

const FIELD = {
  messageAdded: 'messagesAdded',
  messageDeleted: 'messagesDeleted',
  labelAdded: 'labelsAdded',
  labelRemoved: 'labelsRemoved',
} as const

export function listHistory(call: Call) {
  const { mailbox, query } = call
  const start = number(query.get('startHistoryId'), 'startHistoryId')
  if (start < mailbox.historyFloor || start > mailbox.historyId) throw notFound()
  const from = query.has('pageToken') ? number(query.get('pageToken'), 'pageToken') : start
  const types = query.getAll('historyTypes')
  const unknown = types.find((type) => !Object.hasOwn(FIELD, type))
  if (unknown !== undefined) throw invalidArgument(`Invalid value at 'history_types', "${unknown}"`)
  const labelId = query.get('labelId')
  const limit = maxResults(query)
  const found = mailbox.history.filter(
    (entry) =>
      entry.id > from &&
      (types.length === 0 || types.includes(entry.type)) &&
      (labelId === null || entry.labels.includes(labelId) || entry.changed.includes(labelId)),
  )
  const history = found.slice(0, limit)
  const last = history.at(-1)
  return {
    ...(history.length > 0 ? { history: history.map(render) } : {}),
    ...(found.length > limit && last ? { nextPageToken: String(last.id) } : {}),
    historyId: String(mailbox.historyId),
  }
}

function render(entry: HistoryEntry) {
  const { messageId: id, threadId, labels: labelIds, changed } = entry
  const event = { message: { id, threadId, labelIds } }
  const isLabelEvent = entry.type === 'labelAdded' || entry.type === 'labelRemoved'
  return {
    id: String(entry.id),
    messages: [{ id, threadId }],
    [FIELD[entry.type]]: [isLabelEvent ? { ...event, labelIds: changed } : event],
  }
}

function number(text: string | null, name: string): number {
  if (text === null || text === '') throw invalidArgument(`Missing ${name}`)
  if (!/^\d{1,20}$/.test(text)) throw invalidArgument(`Invalid ${name}`)
  return Number(text)
}
