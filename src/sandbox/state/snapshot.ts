import type { Change } from './changes.ts'
import type { Mailbox } from './shapes.ts'
import type { State } from './state.ts'

/** The state told as the shortest list of changes that leads to it. */
export function* snapshot(state: State): Generator<Change> {
  yield { kind: 'options', options: state.options }
  if (state.push) yield { kind: 'push', subscription: state.push }
  yield { kind: 'clock', offsetMs: state.clockOffsetMs }
  yield { kind: 'id', last: String(state.lastId) }
  for (const client of state.clients.values()) yield { kind: 'client', client }
  for (const mailbox of state.mailboxes.values()) yield* mailboxSnapshot(mailbox)
  for (const grant of state.grants.values()) yield { kind: 'grant', grant }
  for (const code of state.codes.values()) yield { kind: 'code', code }
  for (const token of state.accessTokens.values()) yield { kind: 'access-token', token }
  for (const token of state.refreshTokens.values()) yield { kind: 'refresh-token', token }
  for (const sender of state.senders.values()) yield { kind: 'sender', sender }
  for (const { seq: _, ...fact } of state.ledger) yield { kind: 'fact', fact }
}

function* mailboxSnapshot(box: Mailbox): Generator<Change> {
  const mailbox = box.address
  const { address, sub, historyId, historyFloor } = box
  yield { kind: 'mailbox', address, sub, historyId, historyFloor }
  if (box.restrictions.noApps || box.restrictions.noMail) {
    yield { kind: 'restrictions', mailbox, restrictions: box.restrictions }
  }
  if (box.refusal) yield { kind: 'refusal', mailbox, refusal: box.refusal }
  yield { kind: 'label-number', mailbox, last: box.lastLabelNumber }
  for (const label of box.labels.values()) yield { kind: 'label', mailbox, label }
  for (const message of box.timeline) yield { kind: 'message', mailbox, message }
  for (const entry of box.history) yield { kind: 'history', mailbox, entry }
  for (const [id, messageId] of box.drafts) yield { kind: 'draft', mailbox, id, messageId }
  if (box.watch) yield { kind: 'watch', mailbox, watch: box.watch }
}
