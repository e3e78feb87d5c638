import { rfcMessageIdOf } from '../mail/reading.ts'
import type { Change } from './changes.ts'
import type { Mailbox, Message } from './shapes.ts'

// The documentation promises "at least one week, often longer":
// https://developers.google.com/workspace/gmail/api/guides/sync
const HISTORY_KEPT_MS = 7 * 24 * 3600 * 1000

const KINDS = {
  restrictions: true,
  refusal: true,
  message: true,
  'message-labels': true,
  'message-gone': true,
  history: true,
  'history-forgotten': true,
  draft: true,
  'draft-gone': true,
  label: true,
  'label-gone': true,
  'label-number': true,
  watch: true,
} as const

type MailboxChange = Extract<Change, { kind: keyof typeof KINDS }>

export const isMailboxChange = (change: Change): change is MailboxChange => change.kind in KINDS

export function emptyMailbox(opening: Extract<Change, { kind: 'mailbox' }>): Mailbox {
  return {
    address: opening.address,
    sub: opening.sub,
    restrictions: { noApps: false, noMail: false },
    refusal: null,
    messages: new Map(),
    timeline: [],
    threads: new Map(),
    byRfcMessageId: new Map(),
    drafts: new Map(),
    labels: new Map(),
    lastLabelNumber: 0,
    historyId: opening.historyId,
    historyFloor: opening.historyFloor,
    history: [],
    watch: null,
  }
}

export function applyToMailbox(mailbox: Mailbox, change: MailboxChange): void {
  switch (change.kind) {
    case 'restrictions':
      mailbox.restrictions = change.restrictions
      return
    case 'refusal':
      mailbox.refusal = change.refusal
      return
    case 'message':
      addMessage(mailbox, change.message)
      return
    case 'message-labels': {
      const message = mailbox.messages.get(change.id)
      if (message) message.labels = change.labels
      return
    }
    case 'message-gone':
      dropMessage(mailbox, change.id)
      return
    case 'history': {
      mailbox.history.push(change.entry)
      mailbox.historyId = Math.max(mailbox.historyId, change.entry.id)
      const message = mailbox.messages.get(change.entry.messageId)
      if (message) message.historyId = change.entry.id
      forgetHistory(mailbox, (entry) => entry.at < change.entry.at - HISTORY_KEPT_MS)
      return
    }
    case 'history-forgotten':
      forgetHistory(mailbox, (entry) => entry.id <= change.upTo)
      return
    case 'draft':
      mailbox.drafts.set(change.id, change.messageId)
      return
    case 'draft-gone':
      mailbox.drafts.delete(change.id)
      return
    case 'label':
      mailbox.labels.set(change.label.id, change.label)
      return
    case 'label-gone':
      mailbox.labels.delete(change.id)
      return
    case 'label-number':
      mailbox.lastLabelNumber = change.last
      return
    case 'watch':
      mailbox.watch = change.watch
  }
}

function addMessage(mailbox: Mailbox, message: Message): void {
  mailbox.messages.set(message.id, message)
  let position = mailbox.timeline.length
  while ((mailbox.timeline[position - 1]?.internalDate ?? 0) > message.internalDate) position -= 1
  mailbox.timeline.splice(position, 0, message)
  addTo(mailbox.threads, message.threadId, message)
  addTo(mailbox.byRfcMessageId, rfcMessageIdOf(message), message)
}

function dropMessage(mailbox: Mailbox, id: string): void {
  const message = mailbox.messages.get(id)
  if (!message) return
  mailbox.messages.delete(id)
  mailbox.timeline.splice(mailbox.timeline.lastIndexOf(message), 1)
  dropFrom(mailbox.threads, message.threadId, message)
  dropFrom(mailbox.byRfcMessageId, rfcMessageIdOf(message), message)
}

function addTo(index: Map<string, Message[]>, key: string, message: Message): void {
  const list = index.get(key)
  if (list) list.push(message)
  else index.set(key, [message])
}

function dropFrom(index: Map<string, Message[]>, key: string, message: Message): void {
  const rest = (index.get(key) ?? []).filter((other) => other !== message)
  if (rest.length > 0) index.set(key, rest)
  else index.delete(key)
}

function forgetHistory(mailbox: Mailbox, old: (entry: Mailbox['history'][number]) => boolean): void {
  let count = 0
  for (const entry of mailbox.history) {
    if (!old(entry)) break
    mailbox.historyFloor = entry.id
    count += 1
  }
  if (count > 0) mailbox.history.splice(0, count)
}
