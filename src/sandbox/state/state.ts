import { OfMailboxes } from './of-mailboxes.ts'
import type {
  AccessToken,
  AuthorizationCode,
  Client,
  Grant,
  LedgerEntry,
  Mailbox,
  Options,
  PushSubscription,
  RefreshToken,
  Sender,
} from './shapes.ts'

export type State = {
  mailboxes: Map<string, Mailbox>
  clients: Map<string, Client>
  grants: Map<string, Grant>
  codes: OfMailboxes<AuthorizationCode>
  accessTokens: OfMailboxes<AccessToken>
  refreshTokens: OfMailboxes<RefreshToken>
  senders: Map<string, Sender>
  ledger: LedgerEntry[]
  options: Options
  push: PushSubscription | null
  clockOffsetMs: number
  /** The highest id given to a message or a draft so far. */
  lastId: bigint
}

export function emptyState(): State {
  return {
    mailboxes: new Map(),
    clients: new Map(),
    grants: new Map(),
    codes: new OfMailboxes(({ code }) => code),
    accessTokens: new OfMailboxes(({ token }) => token),
    refreshTokens: new OfMailboxes(({ token }) => token),
    senders: new Map(),
    ledger: [],
    options: {
      quota: true,
      rewriteMessageIds: false,
      rotateRefreshTokens: false,
      testingLife: false,
      placement: { senders: {}, domains: {} },
    },
    push: null,
    clockOffsetMs: 0,
    lastId: 0n,
  }
}
