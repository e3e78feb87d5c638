import { type Delivery, deliver, judge } from '../gmail/deliver.ts'
import type { Fault, FaultOrder, Faults } from '../http/faults.ts'
import { isAddress } from '../mail/addresses.ts'
import { createMailbox } from '../mailboxes.ts'
import { expiry, narrowing, revocation } from '../oauth/grants.ts'
import type { Change } from '../state/changes.ts'
import type { Client, LedgerEntry, Mailbox, Options, Placement, Sender } from '../state/shapes.ts'
import type { Store } from '../state/store.ts'
import { Transaction } from '../state/transaction.ts'
import { ControlError } from './control-error.ts'
import { type ForeignMail, foreignMail } from './foreign-mail.ts'
import { type InspectedMessage, inspect } from './inspect.ts'

export type ControlOptions = {
  store: Store
  now: () => Date
  seed: number
  faults: Faults
  counts: Map<string, number>
  /** The client of the start. */
  clientId: string
}

/** Everything a test or a person may do to the simulated Google from outside. */
export class Control {
  readonly #options: ControlOptions

  constructor(options: ControlOptions) {
    this.#options = options
  }

  addFault(order: FaultOrder): Fault {
    return this.#options.faults.add(order)
  }

  faults(): Fault[] {
    return this.#options.faults.list()
  }

  clearFaults(): void {
    this.#options.faults.clear()
  }

  addClient(id: string, secret: string): void {
    if (this.#state.clients.has(id)) throw new ControlError(`there is such a client: ${id}`, 409)
    this.#commit([{ kind: 'client', client: { id, secret, disabled: false } }])
  }

  /** As an operator does who resets the secret in the console: the one of before is worth nothing at once. */
  setClientSecret(id: string, secret: string): void {
    this.#commit([{ kind: 'client', client: { ...this.#client(id), secret } }])
  }

  disableClient(id: string): void {
    this.#commit([{ kind: 'client', client: { ...this.#client(id), disabled: true } }])
  }

  enableClient(id: string): void {
    this.#commit([{ kind: 'client', client: { ...this.#client(id), disabled: false } }])
  }

  /** Ends the living access tokens of one mailbox, or of all. */
  expireAccessTokens(mailbox?: string): void {
    this.#commit(expiry(this.#state, mailbox))
  }

  /** As the user does in the settings of the account. */
  revokeGrant(mailbox: string): void {
    this.#commit(revocation(this.#state, this.#mailbox(mailbox).address, 'user', this.now()))
  }

  untickScope(mailbox: string, scope: string): void {
    this.#commit(narrowing(this.#state, this.#mailbox(mailbox).address, scope))
  }

  options(): Options {
    return structuredClone(this.#state.options)
  }

  setOptions(options: Partial<Omit<Options, 'placement'>>): Options {
    this.#commit([{ kind: 'options', options: { ...this.#state.options, ...options } }])
    return this.options()
  }

  /** Forces where mail lands, for one sender or for all; without a placement the model decides again. */
  forcePlacement(placement: Placement | undefined, sender?: string): void {
    const { all, senders } = this.#state.options.placement
    const { [sender?.toLowerCase() ?? '']: _, ...others } = senders
    const next =
      sender === undefined
        ? { ...(placement ? { all: placement } : {}), senders }
        : {
            ...(all ? { all } : {}),
            senders: placement ? { ...others, [sender.toLowerCase()]: placement } : others,
          }
    this.#commit([{ kind: 'options', options: { ...this.#state.options, placement: next } }])
  }

  mailboxes(): string[] {
    return [...this.#state.mailboxes.keys()]
  }

  /** What the placement model thinks of each sender. */
  senders(): Sender[] {
    return [...this.#state.senders.values()]
  }

  createMailbox(address: string): void {
    const name = address.trim().toLowerCase()
    if (!isAddress(name)) throw new ControlError(`not an address: ${address}`)
    this.#commit(createMailbox(this.#state, name))
  }

  /** Delivers a mail from outside. It lands in the inbox unless told otherwise, or where the model says. */
  deliverForeign(to: string, mail: ForeignMail): InspectedMessage {
    const mailbox = this.#mailbox(to)
    const transaction = new Transaction(this.#state, this.now())
    const { from, raw } = foreignMail(mail, mailbox.address, transaction)
    const delivery: Delivery = { mailbox, from, raw, foreign: true }
    const wanted = mail.placement ?? 'inbox'
    const placement =
      wanted === 'model' ? judge(transaction, this.#state, this.#options.seed, delivery) : wanted
    const message = deliver(transaction, delivery, placement)
    this.#commit(transaction.changes)
    return inspect(message)
  }

  /** Newest first. */
  messages(mailbox: string, limit = Number.POSITIVE_INFINITY): InspectedMessage[] {
    const { timeline } = this.#mailbox(mailbox)
    return timeline
      .slice(Math.max(0, timeline.length - limit))
      .toReversed()
      .map(inspect)
  }

  /** Makes every history id before now too old. */
  forgetHistory(mailbox: string): void {
    const { address, historyId } = this.#mailbox(mailbox)
    this.#commit([{ kind: 'history-forgotten', mailbox: address, upTo: historyId }])
  }

  ledger(after = 0, limit = Number.POSITIVE_INFINITY): LedgerEntry[] {
    return this.#state.ledger.slice(after, after + limit)
  }

  /** How often each method of Gmail was called. */
  callCounts(): Record<string, number> {
    return Object.fromEntries(this.#options.counts)
  }

  now(): Date {
    return this.#options.now()
  }

  /** Sets how far the sandbox's time is ahead of the time it was given. */
  setClockOffset(offsetMs: number): void {
    this.#commit([{ kind: 'clock', offsetMs }])
  }

  get #state() {
    return this.#options.store.state
  }

  #commit(changes: Change[]): void {
    this.#options.store.commit(changes)
  }

  #client(id: string): Client {
    const client = this.#state.clients.get(id)
    if (!client) throw new ControlError(`no such client: ${id}`, 404)
    return client
  }

  #mailbox(address: string): Mailbox {
    const mailbox = this.#state.mailboxes.get(address.trim().toLowerCase())
    if (!mailbox) throw new ControlError(`no such mailbox: ${address}`, 404)
    return mailbox
  }
}
