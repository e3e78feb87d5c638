import { invalidArgument, notFound } from '../http/google-error.ts'
import { stampDraft } from '../mail/stamp.ts'
import type { Message } from '../state/shapes.ts'
import { type Call, maxResults, optionalObject, optionalString, param } from './call.ts'
import { findMessages } from './finding.ts'
import { rawIn, readableFormat, threadFor } from './messages.ts'
import { page } from './paging.ts'
import { renderMessage, renderReference } from './render.ts'
import { send } from './send.ts'

export function createDraft(call: Call) {
  const draftId = call.transaction.nextDraftId()
  const message = writeDraft(call, draftId, requiredMessage(call), undefined)
  call.commit()
  return { id: draftId, message: renderReference(message) }
}

export function getDraft(call: Call) {
  const draftId = param(call, 'id')
  return { id: draftId, message: renderMessage(messageOf(call, draftId), readableFormat(call)) }
}

export function listDrafts(call: Call) {
  const draftIds = new Map([...call.mailbox.drafts].map(([draftId, messageId]) => [messageId, draftId]))
  const { items, ...rest } = page(
    findMessages(call, ({ id }) => draftIds.has(id)),
    (message) => message,
    { limit: maxResults(call.query), token: call.query.get('pageToken') },
  )
  const drafts = items.map(({ id, threadId }) => ({ id: draftIds.get(id), message: { id, threadId } }))
  return drafts.length > 0 ? { drafts, ...rest } : rest
}

/** The draft keeps its id and its thread; its message is a new one. */
export function updateDraft(call: Call) {
  const draftId = param(call, 'id')
  const old = messageOf(call, draftId)
  call.transaction.dropMessage(call.mailbox, old)
  const message = writeDraft(call, draftId, requiredMessage(call), old.threadId)
  call.commit()
  return { id: draftId, message: renderReference(message) }
}

export function deleteDraft(call: Call) {
  const draftId = param(call, 'id')
  dropDraft(call, draftId, messageOf(call, draftId))
  call.commit()
}

/** The draft is gone and a message with a new id is sent, in one step: a draft cannot be sent twice. */
export function sendDraft(call: Call) {
  const draftId = optionalString(call.body, 'id')
  if (draftId === undefined) throw invalidArgument('Invalid draft')
  const draft = messageOf(call, draftId)
  const edited = optionalObject(call.body, 'message')
  const raw = edited && optionalString(edited, 'raw') !== undefined ? rawIn(edited) : draft.raw
  dropDraft(call, draftId, draft)
  const sent = send(call, raw, () => draft.threadId)
  call.commit()
  return renderReference(sent)
}

function writeDraft(
  call: Call,
  draftId: string,
  body: Record<string, unknown>,
  threadId: string | undefined,
): Message {
  const { mailbox, transaction } = call
  const id = transaction.nextMessageId()
  const raw = stampDraft(rawIn(body), mailbox.address, `CA${id}`)
  const named = threadFor(call, optionalString(body, 'threadId'), raw)
  const message = transaction.addMessage(mailbox, {
    id,
    threadId: named ?? threadId ?? id,
    labels: ['DRAFT'],
    raw,
    foreign: false,
  })
  transaction.changes.push({ kind: 'draft', mailbox: mailbox.address, id: draftId, messageId: id })
  return message
}

function dropDraft({ transaction, mailbox }: Call, draftId: string, message: Message): void {
  transaction.changes.push({ kind: 'draft-gone', mailbox: mailbox.address, id: draftId })
  transaction.dropMessage(mailbox, message)
}

function messageOf(call: Call, draftId: string): Message {
  const message = call.mailbox.messages.get(call.mailbox.drafts.get(draftId) ?? '')
  if (!message) throw notFound()
  return message
}

function requiredMessage(call: Call): Record<string, unknown> {
  const message = optionalObject(call.body, 'message')
  if (!message) throw invalidArgument('Missing draft message')
  return message
}
