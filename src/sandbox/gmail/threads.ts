import { invalidArgument, notFound } from '../http/google-error.ts'
import { snippetOf } from '../mail/reading.ts'
import type { Mailbox, Message } from '../state/shapes.ts'
import { type Call, maxResults, param } from './call.ts'
import { findMessages } from './finding.ts'
import { labelsIn, moveLabels, readableFormat } from './messages.ts'
import { page } from './paging.ts'
import { renderMessage, renderReference } from './render.ts'

/** The threads with a matching message; a thread stands where its newest message stands. */
export function listThreads(call: Call) {
  const matching = new Set([...findMessages(call)].map(({ threadId }) => threadId))
  const newest = [...matching]
    .flatMap((threadId) => call.mailbox.threads.get(threadId)?.at(-1) ?? [])
    .sort((a, b) => b.internalDate - a.internalDate || (a.id < b.id ? 1 : -1))
  const { items, ...rest } = page(newest, (message) => message, {
    limit: maxResults(call.query),
    token: call.query.get('pageToken'),
  })
  const threads = items.map((message) => ({
    id: message.threadId,
    snippet: snippetOf(message),
    historyId: latestHistoryId(messagesOf(call.mailbox, message.threadId)),
  }))
  return threads.length > 0 ? { threads, ...rest } : rest
}

export function getThread(call: Call) {
  const messages = threadNamed(call)
  const format = readableFormat(call)
  if (format === 'raw') throw invalidArgument('Format RAW is not supported for threads')
  const wanted = call.query.getAll('metadataHeaders')
  return {
    id: param(call, 'id'),
    historyId: latestHistoryId(messages),
    messages: messages.map((message) => renderMessage(message, format, wanted)),
  }
}

export function modifyThread(call: Call) {
  const { add, remove } = labelsIn(call)
  return move(call, add, remove)
}

/** A handler for methods that always move the same labels. */
export const movingThread = (add: string[], remove: string[]) => (call: Call) => move(call, add, remove)

function move(call: Call, add: string[], remove: string[]) {
  const messages = threadNamed(call)
  for (const message of messages) moveLabels(call, message, add, remove)
  call.commit()
  return {
    id: param(call, 'id'),
    historyId: latestHistoryId(messages),
    messages: messages.map(renderReference),
  }
}

function threadNamed(call: Call): Message[] {
  const id = param(call, 'id')
  if (!/^[0-9a-f]{1,16}$/.test(id)) throw invalidArgument('Invalid id value')
  const messages = messagesOf(call.mailbox, id)
  if (messages.length === 0) throw notFound()
  return messages
}

const messagesOf = (mailbox: Mailbox, threadId: string) => mailbox.threads.get(threadId) ?? []

const latestHistoryId = (messages: Message[]) =>
  String(messages.reduce((latest, { historyId }) => Math.max(latest, historyId), 0))
