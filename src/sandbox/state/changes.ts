import type {
  AccessToken,
  AuthorizationCode,
  Client,
  Fact,
  Grant,
  HistoryEntry,
  Message,
  Options,
  PushSubscription,
  RefreshToken,
  Refusal,
  Restrictions,
  Sender,
  UserLabel,
  Watch,
} from './shapes.ts'

/**
 * Everything that can happen to the state. Each change says what is so afterwards, never "one more",
 * so that a snapshot is written in the same words as the journal.
 */
export type Change =
  | { kind: 'mailbox'; address: string; sub: string; historyId: number; historyFloor: number }
  | { kind: 'restrictions'; mailbox: string; restrictions: Restrictions }
  | { kind: 'refusal'; mailbox: string; refusal: Refusal | null }
  | { kind: 'message'; mailbox: string; message: Message }
  | { kind: 'message-labels'; mailbox: string; id: string; labels: string[] }
  | { kind: 'message-gone'; mailbox: string; id: string }
  | { kind: 'history'; mailbox: string; entry: HistoryEntry }
  | { kind: 'history-forgotten'; mailbox: string; upTo: number }
  | { kind: 'draft'; mailbox: string; id: string; messageId: string }
  | { kind: 'draft-gone'; mailbox: string; id: string }
  | { kind: 'label'; mailbox: string; label: UserLabel }
  | { kind: 'label-gone'; mailbox: string; id: string }
  | { kind: 'label-number'; mailbox: string; last: number }
  | { kind: 'watch'; mailbox: string; watch: Watch | null }
  | { kind: 'id'; last: string }
  | { kind: 'client'; client: Client }
  | { kind: 'grant'; grant: Grant }
  | { kind: 'grant-gone'; mailbox: string }
  | { kind: 'code'; code: AuthorizationCode }
  | { kind: 'access-token'; token: AccessToken }
  | { kind: 'access-token-gone'; token: string }
  | { kind: 'refresh-token'; token: RefreshToken }
  | { kind: 'refresh-token-gone'; token: string }
  | { kind: 'sender'; sender: Sender }
  | { kind: 'fact'; fact: Fact }
  | { kind: 'options'; options: Options }
  | { kind: 'push'; subscription: PushSubscription | null }
  | { kind: 'clock'; offsetMs: number }
