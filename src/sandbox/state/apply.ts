import { applyToMailbox, emptyMailbox, isMailboxChange } from './apply-to-mailbox.ts'
import type { Change } from './changes.ts'
import type { State } from './state.ts'

/** The only function that alters the state: live, at replay and from a snapshot alike. */
export function apply(state: State, change: Change): void {
  if (isMailboxChange(change)) {
    const mailbox = state.mailboxes.get(change.mailbox)
    if (!mailbox) throw new Error(`a change for the unknown mailbox ${change.mailbox}`)
    applyToMailbox(mailbox, change)
    return
  }
  switch (change.kind) {
    case 'mailbox':
      state.mailboxes.set(change.address, emptyMailbox(change))
      return
    case 'id':
      state.lastId = BigInt(change.last)
      return
    case 'client':
      state.clients.set(change.client.id, change.client)
      return
    case 'grant':
      state.grants.set(change.grant.mailbox, change.grant)
      return
    case 'grant-gone':
      state.grants.delete(change.mailbox)
      return
    case 'code':
      state.codes.put(change.code)
      return
    case 'access-token':
      state.accessTokens.put(change.token)
      return
    case 'access-token-gone':
      state.accessTokens.drop(change.token)
      return
    case 'refresh-token':
      state.refreshTokens.put(change.token)
      return
    case 'refresh-token-gone':
      state.refreshTokens.drop(change.token)
      return
    case 'sender':
      state.senders.set(change.sender.address, change.sender)
      return
    case 'fact':
      state.ledger.push({ seq: state.ledger.length + 1, ...change.fact })
      return
    case 'options':
      state.options = change.options
      return
    case 'push':
      state.push = change.subscription
      return
    case 'clock':
      state.clockOffsetMs = change.offsetMs
  }
}
