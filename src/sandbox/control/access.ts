import type { Faults } from '../http/faults.ts'
import { ending, expiry, narrowing, revocation } from '../oauth/grants.ts'
import { refusal } from '../oauth/refusal.ts'
import type { Pusher } from '../push/pusher.ts'
import type { Change } from '../state/changes.ts'
import type { Client, Mailbox, RefreshTokenEnd, Restrictions } from '../state/shapes.ts'
import type { Store } from '../state/store.ts'
import { ControlError } from './control-error.ts'
import { type GrantedTokens, type GrantOrder, grant, readAddress } from './grant.ts'

export type ControlOptions = {
  store: Store
  now: () => Date
  seed: number
  faults: Faults
  counts: Map<string, number>
  pusher: Pusher
  /** The client of the start. */
  clientId: string
}

/** Who may open a mailbox: clients and grants. */
export class Access {
  protected readonly sandbox: ControlOptions

  constructor(options: ControlOptions) {
    this.sandbox = options
  }

  addClient(id: string, secret: string): void {
    if (this.state.clients.has(id)) throw new ControlError(`there is such a client: ${id}`, 409)
    this.commit([{ kind: 'client', client: { id, secret, disabled: false } }])
  }

  /** As an operator does who resets the secret in the console: the one of before is worth nothing at once. */
  setClientSecret(id: string, secret: string): void {
    this.commit([{ kind: 'client', client: { ...this.#client(id), secret } }])
  }

  disableClient(id: string): void {
    this.commit([{ kind: 'client', client: { ...this.#client(id), disabled: true } }])
  }

  enableClient(id: string): void {
    this.commit([{ kind: 'client', client: { ...this.#client(id), disabled: false } }])
  }

  /** As if the user of the mailbox, known or new, had walked through the consent page. */
  grant(mailbox: string, order: GrantOrder): GrantedTokens {
    const client = this.#client(order.clientId ?? this.sandbox.clientId)
    return grant(readAddress(mailbox), order.scopes, client, this.sandbox)
  }

  /** Ends the living access tokens of one mailbox, or of all. */
  expireAccessTokens(mailbox?: string): void {
    this.commit(expiry(this.state, mailbox))
  }

  /** As the user does in the settings of the account. */
  revokeGrant(mailbox: string): void {
    this.commit(revocation(this.state, this.mailbox(mailbox).address, 'user', this.now()))
  }

  untickScope(mailbox: string, scope: string): void {
    this.commit(narrowing(this.state, this.mailbox(mailbox).address, scope))
  }

  /** Ends a grant for a reason that its refresh tokens are then refused with, until a new consent. */
  killGrant(mailbox: string, reason: 'revoked' | RefreshTokenEnd): void {
    if (reason === 'revoked') this.revokeGrant(mailbox)
    else this.commit(ending(this.state, this.mailbox(mailbox).address, reason, this.now()))
  }

  /** Whether a refresh with this token would succeed now. */
  knowsRefreshToken(token: string): boolean {
    const known = this.state.refreshTokens.get(token)
    if (!known || this.#client(known.clientId).disabled) return false
    return refusal(known, this.state, this.now()) === undefined
  }

  /** As the administrator of an organization does who lets no app in: the token endpoint refuses. */
  forbidByPolicy(mailbox: string, on: boolean): void {
    this.#restrict(mailbox, { noApps: on })
  }

  /** As the administrator of an organization does who turns Gmail off for an account. */
  disableMail(mailbox: string, on: boolean): void {
    this.#restrict(mailbox, { noMail: on })
  }

  now(): Date {
    return this.sandbox.now()
  }

  protected get state() {
    return this.sandbox.store.state
  }

  protected commit(changes: Change[]): void {
    this.sandbox.store.commit(changes)
  }

  protected mailbox(address: string): Mailbox {
    const mailbox = this.state.mailboxes.get(address.trim().toLowerCase())
    if (!mailbox) throw new ControlError(`no such mailbox: ${address}`, 404)
    return mailbox
  }

  #client(id: string): Client {
    const client = this.state.clients.get(id)
    if (!client) throw new ControlError(`no such client: ${id}`, 404)
    return client
  }

  #restrict(mailbox: string, changed: Partial<Restrictions>): void {
    const { address, restrictions } = this.mailbox(mailbox)
    this.commit([{ kind: 'restrictions', mailbox: address, restrictions: { ...restrictions, ...changed } }])
  }
}
