import { GoogleError, invalidArgument, notFound } from '../http/google-error.ts'
import type { UserLabel } from '../state/shapes.ts'
import { type Call, optionalObject, optionalString, param } from './call.ts'
import { SYSTEM_LABELS } from './label-names.ts'

const LABEL_LIST = ['labelShow', 'labelShowIfUnread', 'labelHide']
const MESSAGE_LIST = ['show', 'hide']

export function listLabels({ mailbox }: Call) {
  return { labels: [...SYSTEM_LABELS.map(renderSystem), ...[...mailbox.labels.values()].map(renderUser)] }
}

export function getLabel(call: Call) {
  const id = param(call, 'id')
  const user = call.mailbox.labels.get(id)
  if (!user && !SYSTEM_LABELS.includes(id)) throw notFound()
  const messages = call.mailbox.timeline.filter(({ labels }) => labels.includes(id))
  const unread = messages.filter(({ labels }) => labels.includes('UNREAD'))
  return {
    ...(user ? renderUser(user) : renderSystem(id)),
    messagesTotal: messages.length,
    messagesUnread: unread.length,
    threadsTotal: new Set(messages.map(({ threadId }) => threadId)).size,
    threadsUnread: new Set(unread.map(({ threadId }) => threadId)).size,
  }
}

export function createLabel(call: Call) {
  const number = call.mailbox.lastLabelNumber + 1
  const label = withFields(call, { id: `Label_${number}`, name: '' })
  call.transaction.changes.push({ kind: 'label-number', mailbox: call.mailbox.address, last: number })
  return save(call, label)
}

export function updateLabel(call: Call) {
  const { id } = userLabel(call)
  return save(call, withFields(call, { id, name: '' }))
}

export const patchLabel = (call: Call) => save(call, withFields(call, userLabel(call)))

export function deleteLabel(call: Call) {
  const { id } = userLabel(call)
  for (const message of call.mailbox.timeline) {
    if (!message.labels.includes(id)) continue
    const rest = message.labels.filter((label) => label !== id)
    call.transaction.setLabels(call.mailbox, message, rest)
  }
  call.transaction.changes.push({ kind: 'label-gone', mailbox: call.mailbox.address, id })
  call.commit()
}

function save(call: Call, label: UserLabel) {
  call.transaction.changes.push({ kind: 'label', mailbox: call.mailbox.address, label })
  call.commit()
  return renderUser(label)
}

function withFields(call: Call, label: UserLabel): UserLabel {
  const { body } = call
  const name = optionalString(body, 'name')?.trim() ?? label.name
  const messageListVisibility =
    oneOf(body, 'messageListVisibility', MESSAGE_LIST) ?? label.messageListVisibility ?? 'show'
  const labelListVisibility =
    oneOf(body, 'labelListVisibility', LABEL_LIST) ?? label.labelListVisibility ?? 'labelShow'
  const color = colorIn(body) ?? label.color
  checkName(call, label.id, name)
  return { id: label.id, name, messageListVisibility, labelListVisibility, ...(color ? { color } : {}) }
}

function checkName({ mailbox }: Call, id: string, name: string): void {
  if (name === '' || name.length > 225 || SYSTEM_LABELS.includes(name.toUpperCase())) {
    throw invalidArgument('Invalid label name')
  }
  for (const other of mailbox.labels.values()) {
    if (other.id !== id && other.name.toLowerCase() === name.toLowerCase()) {
      throw new GoogleError(409, 'aborted', 'Label name exists or conflicts')
    }
  }
}

function colorIn(body: Record<string, unknown>): UserLabel['color'] {
  const color = optionalObject(body, 'color')
  if (!color) return undefined
  const textColor = optionalString(color, 'textColor')
  const backgroundColor = optionalString(color, 'backgroundColor')
  if (textColor === undefined || backgroundColor === undefined) throw invalidArgument('Invalid label color')
  return { textColor, backgroundColor }
}

function oneOf(body: Record<string, unknown>, name: string, allowed: string[]): string | undefined {
  const value = optionalString(body, name)
  if (value !== undefined && !allowed.includes(value)) {
    throw invalidArgument(`Invalid value at 'label.${name}', "${value}"`)
  }
  return value
}

function userLabel(call: Call): UserLabel {
  const id = param(call, 'id')
  const label = call.mailbox.labels.get(id)
  if (label) return label
  throw SYSTEM_LABELS.includes(id) ? invalidArgument('Invalid update request: system label') : notFound()
}

const renderSystem = (id: string) => ({
  id,
  name: id,
  messageListVisibility: 'hide',
  labelListVisibility: 'labelHide',
  type: 'system',
})

const renderUser = (label: UserLabel) => ({ ...label, type: 'user' })
