import { GoogleError, invalidArgument, notFound } from '../http/google-error.ts'
import { flatten } from '../mail/parts.ts'
import { asRaw, looksLikeMail, partsOf, senderOf } from '../mail/reading.ts'
import { afterComplaint, afterRescue } from '../placement.ts'
import type { Message } from '../state/shapes.ts'
import { type Call, maxResults, optionalString, param, stringList } from './call.ts'
import { findMessages } from './finding.ts'
import { checkLabels, relabel } from './label-names.ts'
import { page } from './paging.ts'
import { attachmentId, formatIn, renderMessage, renderReference } from './render.ts'
import { send } from './send.ts'
import { conversationOf, namedThread } from './threading.ts'

export function listMessages(call: Call) {
  const found = page(findMessages(call), (message) => message, {
    limit: maxResults(call.query),
    token: call.query.get('pageToken'),
  })
  const { items, ...rest } = found
  const messages = items.map(({ id, threadId }) => ({ id, threadId }))
  return messages.length > 0 ? { messages, ...rest } : rest
}

export function getMessage(call: Call) {
  const format = readableFormat(call)
  return renderMessage(messageNamed(call), format, call.query.getAll('metadataHeaders'))
}

export function getAttachment(call: Call) {
  const message = messageNamed(call, 'messageId')
  const part = flatten(partsOf(message)).find((candidate) => attachmentId(candidate) === param(call, 'id'))
  if (!part) throw invalidArgument('Invalid attachment token')
  return { size: part.body.length, data: part.body.toString('base64url') }
}

export function sendMessage(call: Call) {
  const threadId = optionalString(call.body, 'threadId')
  const sent = send(call, rawIn(call.body), (raw) => threadFor(call, threadId, raw))
  call.commit()
  return renderReference(sent)
}

export function modifyMessage(call: Call) {
  const message = messageNamed(call)
  const { add, remove } = labelsIn(call)
  moveLabels(call, message, add, remove)
  call.commit()
  return renderReference(message)
}

export function batchModify(call: Call) {
  const ids = stringList(call.body, 'ids')
  if (ids.length === 0) throw invalidArgument('No message ids specified')
  if (ids.length > 1000) throw invalidArgument('Too many message ids')
  const { add, remove } = labelsIn(call)
  for (const id of new Set(ids)) {
    const message = call.mailbox.messages.get(id)
    if (message) moveLabels(call, message, add, remove)
  }
  call.commit()
}

/** A handler for methods that always move the same labels. */
export const movingMessage = (add: string[], remove: string[]) => (call: Call) => {
  const message = messageNamed(call)
  moveLabels(call, message, add, remove)
  call.commit()
  return renderReference(message)
}

export function labelsIn(call: Call) {
  const add = stringList(call.body, 'addLabelIds')
  const remove = stringList(call.body, 'removeLabelIds')
  checkLabels(call.mailbox, add, remove)
  return { add, remove }
}

/** Moves labels; what that says about the sender counts when the mail came from another mailbox. */
export function moveLabels(call: Call, message: Message, add: string[], remove: string[]): void {
  const { transaction, mailbox } = call
  const labels = relabel(message.labels, add, remove)
  transaction.setLabels(mailbox, message, labels)
  const sender = senderOf(message)
  if (sender === mailbox.address) return
  const wasSpam = message.labels.includes('SPAM')
  if (wasSpam && labels.includes('INBOX')) transaction.putSender(afterRescue(transaction.sender(sender)))
  if (!wasSpam && labels.includes('SPAM')) transaction.putSender(afterComplaint(transaction.sender(sender)))
}

export function messageNamed(call: Call, name = 'id'): Message {
  const id = param(call, name)
  if (!/^[0-9a-f]{1,16}$/.test(id)) throw invalidArgument('Invalid id value')
  const message = call.mailbox.messages.get(id)
  if (!message) throw notFound()
  return message
}

export function rawIn(body: Record<string, unknown>): string {
  const encoded = optionalString(body, 'raw')
  if (encoded === undefined)
    throw invalidArgument(
      "'raw' RFC822 payload message string or uploading message via /upload/* URL required",
    )
  if (!/^[\w+/-]*={0,2}$/.test(encoded)) {
    throw invalidArgument(`Invalid value at 'message.raw' (TYPE_BYTES), Base64 decoding failed`)
  }
  const raw = asRaw(Buffer.from(encoded, 'base64url'))
  if (!looksLikeMail(raw)) throw invalidArgument('Invalid mail: it has no header')
  return raw
}

/** The thread a new mail goes to; undefined means one of its own. */
export function threadFor(call: Call, threadId: string | undefined, raw: string): string | undefined {
  if (threadId === undefined) return undefined
  if (!/^[0-9a-f]{1,16}$/.test(threadId)) throw invalidArgument('Invalid thread_id value')
  if (!call.mailbox.threads.has(threadId)) throw notFound()
  return namedThread(call.mailbox, threadId, conversationOf(raw))
}

export function readableFormat(call: Call) {
  const format = formatIn(call.query)
  if (call.metadataOnly && (format === 'full' || format === 'raw')) {
    throw new GoogleError(403, 'forbidden', `Metadata scope doesn't allow format ${format.toUpperCase()}`)
  }
  return format
}
