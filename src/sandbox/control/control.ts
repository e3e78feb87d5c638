import { type Delivery, deliver, judge } from '../gmail/deliver.ts'
import type { Fault, FaultOrder } from '../http/faults.ts'
import { createMailbox } from '../mailboxes.ts'
import { asOf } from '../placement.ts'
import type { LedgerEntry, Options, Placement, PushSubscription, Sender } from '../state/shapes.ts'
import { Transaction } from '../state/transaction.ts'
import { Access } from './access.ts'
import { type ForeignMail, foreignMail } from './foreign-mail.ts'
import { readAddress } from './grant.ts'
import { type InspectedMessage, inspect } from './inspect.ts'
import { type RefusalOrder, readRefusal } from './refusal.ts'

/** Everything a test or a person may do to the simulated Google from outside. */
export class Control extends Access {
  addFault(order: FaultOrder): Fault {
    return this.sandbox.faults.add(order)
  }

  faults(): Fault[] {
    return this.sandbox.faults.list()
  }

  clearFaults(): void {
    this.sandbox.faults.clear()
  }

  options(): Options {
    return structuredClone(this.state.options)
  }

  setOptions(options: Partial<Omit<Options, 'placement'>>): Options {
    this.commit([{ kind: 'options', options: { ...this.state.options, ...options } }])
    return this.options()
  }

  /** Forces where mail lands, for one sender or for all; without a placement the model decides again. */
  forcePlacement(placement: Placement | undefined, sender?: string): void {
    const { all: _, ...forced } = this.state.options.placement
    if (sender === undefined) this.#force({ ...forced, ...(placement ? { all: placement } : {}) })
    else this.#force({ ...this.state.options.placement, senders: changed(forced.senders, sender, placement) })
  }

  /** The same for all mail to the mailboxes of one domain; what is forced for a sender comes first. */
  forcePlacementAt(domain: string, placement: Placement | undefined): void {
    const forced = this.state.options.placement
    this.#force({ ...forced, domains: changed(forced.domains, domain, placement) })
  }

  #force(placement: Options['placement']): void {
    this.commit([{ kind: 'options', options: { ...this.state.options, placement } }])
  }

  mailboxes(): string[] {
    return [...this.state.mailboxes.keys()]
  }

  /** What the placement model thinks of each sender today. */
  senders(): Sender[] {
    return [...this.state.senders.values()].map((sender) => asOf(sender, this.now()))
  }

  createMailbox(address: string): void {
    this.commit(createMailbox(this.state, readAddress(address)))
  }

  /** Delivers a mail from outside. It lands in the inbox unless told otherwise, or where the model says. */
  deliverForeign(to: string, mail: ForeignMail): InspectedMessage {
    const mailbox = this.mailbox(to)
    const transaction = new Transaction(this.state, this.now())
    const { from, raw } = foreignMail(mail, mailbox.address, transaction)
    const delivery: Delivery = { mailbox, from, raw, foreign: true }
    const wanted = mail.placement ?? 'inbox'
    const placement =
      wanted === 'model' ? judge(transaction, this.state, this.sandbox.seed, delivery) : wanted
    const message = deliver(transaction, delivery, placement)
    this.commit(transaction.changes)
    return inspect(message)
  }

  /**
   * From now on mail to the mailbox comes back to its sender, until null ends that. With the action `delayed` the sender
   * is told that it takes longer, and the mail arrives.
   */
  refuseMail(mailbox: string, order: RefusalOrder | null): void {
    const { address } = this.mailbox(mailbox)
    this.commit([{ kind: 'refusal', mailbox: address, refusal: order && readRefusal(order) }])
  }

  /** Newest first. */
  messages(mailbox: string, limit = Number.POSITIVE_INFINITY): InspectedMessage[] {
    const { timeline } = this.mailbox(mailbox)
    return timeline
      .slice(Math.max(0, timeline.length - limit))
      .toReversed()
      .map(inspect)
  }

  /** Makes every history id before now too old. */
  forgetHistory(mailbox: string): void {
    const { address, historyId } = this.mailbox(mailbox)
    this.commit([{ kind: 'history-forgotten', mailbox: address, upTo: historyId }])
  }

  ledger(after = 0, limit = Number.POSITIVE_INFINITY): LedgerEntry[] {
    return this.state.ledger.slice(after, after + limit)
  }

  /** How often each method of Gmail was called. */
  callCounts(): Record<string, number> {
    return Object.fromEntries(this.sandbox.counts)
  }

  /** Where notifications of watched mailboxes are pushed to from now on; null: nowhere. */
  setPush(subscription: PushSubscription | null): void {
    this.commit([{ kind: 'push', subscription }])
  }

  push() {
    return { subscription: this.state.push, waiting: this.sandbox.pusher.waiting }
  }

  /** Resolves once each notification so far is taken or given up. */
  pushesSettled(): Promise<void> {
    return this.sandbox.pusher.settled()
  }

  /** Sets how far the sandbox's time is ahead of the time it was given. */
  setClockOffset(offsetMs: number): void {
    this.commit([{ kind: 'clock', offsetMs }])
  }
}

function changed(
  forced: Record<string, Placement>,
  key: string,
  placement: Placement | undefined,
): Record<string, Placement> {
  const { [key.toLowerCase()]: _, ...others } = forced
  return placement ? { ...others, [key.toLowerCase()]: placement } : others
}
