import { rfcMessageIdOf } from '../mail/reading.ts'
import { asOf, newcomer } from '../placement.ts'
import type { Change } from './changes.ts'
import type { Fact, HistoryEntry, Mailbox, Message, Sender } from './shapes.ts'
import type { State } from './state.ts'

// Gmail's ids are 64-bit numbers whose upper bits are the time in milliseconds.
const TIME_SHIFT = 20n

export type FactWithoutTime = Fact extends infer F ? (F extends Fact ? Omit<F, 'at'> : never) : never

/** Collects the changes of one request, to be committed together. */
export class Transaction {
  readonly changes: Change[] = []
  readonly now: Date
  readonly #state: Readonly<State>
  readonly #historyIds = new Map<string, number>()
  readonly #senders = new Map<string, Sender>()
  #lastId: bigint

  constructor(state: Readonly<State>, now: Date) {
    this.#state = state
    this.now = now
    this.#lastId = state.lastId
  }

  nextMessageId(): string {
    return this.#nextId().toString(16).padStart(16, '0')
  }

  nextDraftId(): string {
    return `r${this.#nextId()}`
  }

  #nextId(): bigint {
    const byTime = BigInt(this.now.getTime()) << TIME_SHIFT
    this.#lastId = byTime > this.#lastId ? byTime : this.#lastId + 1n
    this.changes.push({ kind: 'id', last: String(this.#lastId) })
    return this.#lastId
  }

  addMessage(mailbox: Mailbox, message: Omit<Message, 'historyId' | 'internalDate'>): Message {
    const added = { ...message, internalDate: this.now.getTime(), historyId: 0 }
    this.changes.push({ kind: 'message', mailbox: mailbox.address, message: added })
    this.#remember(mailbox, 'messageAdded', added, added.labels, [])
    return added
  }

  dropMessage(mailbox: Mailbox, message: Message): void {
    this.changes.push({ kind: 'message-gone', mailbox: mailbox.address, id: message.id })
    this.#remember(mailbox, 'messageDeleted', message, message.labels, [])
  }

  setLabels(mailbox: Mailbox, message: Message, labels: string[]): void {
    const added = labels.filter((label) => !message.labels.includes(label))
    const removed = message.labels.filter((label) => !labels.includes(label))
    if (added.length + removed.length === 0) return
    this.changes.push({ kind: 'message-labels', mailbox: mailbox.address, id: message.id, labels })
    if (added.length > 0) this.#remember(mailbox, 'labelAdded', message, labels, added)
    if (removed.length > 0) this.#remember(mailbox, 'labelRemoved', message, labels, removed)
    this.fact({
      kind: 'modified',
      mailbox: mailbox.address,
      messageId: message.id,
      rfcMessageId: rfcMessageIdOf(message),
      foreign: message.foreign,
      added,
      removed,
    })
  }

  sender(address: string): Sender {
    const known = this.#senders.get(address) ?? this.#state.senders.get(address) ?? newcomer(address)
    return asOf(known, this.now)
  }

  putSender(sender: Sender): void {
    this.#senders.set(sender.address, sender)
    this.changes.push({ kind: 'sender', sender })
  }

  fact(fact: FactWithoutTime): void {
    this.changes.push({ kind: 'fact', fact: { ...fact, at: this.now.toISOString() } })
  }

  #remember(
    mailbox: Mailbox,
    type: HistoryEntry['type'],
    message: Message,
    labels: string[],
    changed: string[],
  ): void {
    const id = (this.#historyIds.get(mailbox.address) ?? mailbox.historyId) + 1
    this.#historyIds.set(mailbox.address, id)
    const { id: messageId, threadId } = message
    const entry = { id, at: this.now.getTime(), type, messageId, threadId, labels, changed }
    this.changes.push({ kind: 'history', mailbox: mailbox.address, entry })
  }
}
