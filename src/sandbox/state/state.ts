import type {
  AccessToken,
  AuthorizationCode,
  Grant,
  LedgerEntry,
  Mailbox,
  Options,
  RefreshToken,
  Sender,
} from './shapes.ts'

export type State = {
  mailboxes: Map<string, Mailbox>
  grants: Map<string, Grant>
  codes: Map<string, AuthorizationCode>
  accessTokens: Map<string, AccessToken>
  refreshTokens: Map<string, RefreshToken>
  senders: Map<string, Sender>
  ledger: LedgerEntry[]
  options: Options
  clockOffsetMs: number
  /** The highest id given to a message or a draft so far. */
  lastId: bigint
}

export function emptyState(): State {
  return {
    mailboxes: new Map(),
    grants: new Map(),
    codes: new Map(),
    accessTokens: new Map(),
    refreshTokens: new Map(),
    senders: new Map(),
    ledger: [],
    options: {
      quota: true,
      rewriteMessageIds: false,
      rotateRefreshTokens: false,
      testingLife: false,
      placement: { senders: {} },
    },
    clockOffsetMs: 0,
    lastId: 0n,
  }
}
