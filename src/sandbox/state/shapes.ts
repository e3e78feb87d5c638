export type Placement = 'inbox' | 'promotions' | 'spam'

export type Message = {
  id: string
  threadId: string
  labels: string[]
  /** Milliseconds of simulated time. */
  internalDate: number
  historyId: number
  /** The bytes of the mail, one character for each (latin1), lines ending in CRLF. */
  raw: string
  /** True when the mail came from outside the simulated mailboxes. */
  foreign: boolean
}

export type HistoryEntry = {
  id: number
  at: number
  type: 'messageAdded' | 'messageDeleted' | 'labelAdded' | 'labelRemoved'
  messageId: string
  threadId: string
  /** The labels of the message after the event. */
  labels: string[]
  /** The labels the event added or removed. */
  changed: string[]
}

export type UserLabel = {
  id: string
  name: string
  messageListVisibility?: string
  labelListVisibility?: string
  color?: { textColor: string; backgroundColor: string }
}

/** What an administrator has forbidden an account. */
export type Restrictions = { noApps: boolean; noMail: boolean }

/** What a mailbox's server answers to mail: `failed` for good, or `delayed`, after which a later try gets through. */
export type Refusal = {
  action: 'failed' | 'delayed'
  /** As RFC 3463 has it: `5.2.1`. */
  status: string
  words: string
}

/** Who wants to be told of a mailbox's changes, until when. */
export type Watch = {
  topicName: string
  /** Empty: of all of them. */
  labelIds: string[]
  labelFilterBehavior: 'include' | 'exclude'
  expiresAt: number
}

/** Where notifications are pushed to, and what the tokens that come with them say. */
export type PushSubscription = { endpoint: string; audience: string; serviceAccount: string }

export type Mailbox = {
  address: string
  sub: string
  restrictions: Restrictions
  /** While it takes no mail. */
  refusal: Refusal | null
  messages: Map<string, Message>
  /** Oldest first. */
  timeline: Message[]
  threads: Map<string, Message[]>
  byRfcMessageId: Map<string, Message[]>
  /** Draft id → message id. */
  drafts: Map<string, string>
  labels: Map<string, UserLabel>
  lastLabelNumber: number
  historyId: number
  /** History up to and including this id is forgotten. */
  historyFloor: number
  history: HistoryEntry[]
  watch: Watch | null
}

export type Client = { id: string; secret: string; disabled: boolean }

export type Grant = { mailbox: string; scopes: string[] }

export type AuthorizationCode = {
  code: string
  /** Names one showing of the consent page, so that a double submit finds the first answer. */
  attempt: string
  clientId: string
  mailbox: string
  scopes: string[]
  redirectUri: string
  challenge?: string
  nonce?: string
  offline: boolean
  expiresAt: number
  used: boolean
}

export type AccessToken = {
  token: string
  clientId: string
  mailbox: string
  scopes: string[]
  expiresAt: number
}

export type RefreshTokenEnd = 'deleted' | 'session_policy'

export type RefreshToken = {
  token: string
  clientId: string
  mailbox: string
  scopes: string[]
  expiresAt?: number
  /** Why it is dead, if Google still tells it from a token that never was. */
  end?: RefreshTokenEnd
}

/** What is counted in one day of a sender, in days since 1970 (UTC). */
export type SenderDay = {
  day: number
  deliveries: number
  replies: number
  rescues: number
  complaints: number
}

export type Sender = {
  address: string
  /** 0 (spammer) to 1 (trusted), as it stood when `today` began. */
  reputation: number
  deliveries: number
  /** The latest days with mail before `today`, oldest first. */
  days: { day: number; count: number }[]
  /** The latest day on which anything happened. */
  today: SenderDay
}

export type Options = {
  quota: boolean
  rewriteMessageIds: boolean
  rotateRefreshTokens: boolean
  /** As an app in Google's publishing status "Testing": refresh tokens live seven days. */
  testingLife: boolean
  /** Where mail lands whatever the model says: that of a sender, else that to a domain, else all. */
  placement: {
    all?: Placement
    senders: Record<string, Placement>
    domains: Record<string, Placement>
  }
}

export type Fact = { at: string; mailbox: string } & (
  | {
      kind: 'sent'
      messageId: string
      rfcMessageId: string
      threadId: string
      to: string[]
      subject: string
      size: number
    }
  | {
      kind: 'delivered'
      messageId: string
      rfcMessageId: string
      from: string
      placement: Placement
      foreign: boolean
    }
  | { kind: 'bounced'; messageId: string; rfcMessageId: string; to: string }
  | {
      kind: 'modified'
      messageId: string
      rfcMessageId: string
      foreign: boolean
      added: string[]
      removed: string[]
    }
  | { kind: 'exchanged'; scopes: string[]; refreshToken: boolean }
  | { kind: 'refreshed'; rotated: boolean }
  | { kind: 'revoked'; by: 'app' | 'user' }
  | { kind: 'ended'; reason: RefreshTokenEnd }
)

export type LedgerEntry = { seq: number } & Fact
