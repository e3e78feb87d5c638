export const ACCOUNT_KINDS = ['warmup', 'pool', 'vault'] as const
/**
 * A warmup account starts conversations; a pool account is written to and answers; of a vault account only the token
 * is kept, for other programs.
 */
export type AccountKind = (typeof ACCOUNT_KINDS)[number]

export const ACCOUNT_STATUSES = ['active', 'paused', 'needs_reauth', 'removed'] as const
/** Only an active account's tasks run; the tasks of the others stay parked until it is active again. */
export type AccountStatus = (typeof ACCOUNT_STATUSES)[number]

/** What the operator chooses for an account. Rates are 0–1, volumes are mails a day. */
export type AccountSettings = {
  kind: AccountKind
  /** Of the warmup mail that this mailbox receives, the share that it opens. */
  openRate: number
  /** Of the warmup mail that it opens, the share that it answers. */
  replyRate: number
  dailyLimit: number
  startVolume: number
  dailyIncrease: number
  timeZone: string
}

/** An account's settings and nothing else of it. */
export function settingsOf(account: AccountSettings): AccountSettings {
  const { kind, openRate, replyRate, dailyLimit, startVolume, dailyIncrease, timeZone } = account
  return { kind, openRate, replyRate, dailyLimit, startVolume, dailyIncrease, timeZone }
}

export const DEFAULT_SETTINGS: AccountSettings = {
  kind: 'warmup',
  openRate: 0.8,
  replyRate: 0.55,
  dailyLimit: 50,
  startVolume: 5,
  dailyIncrease: 2,
  timeZone: 'UTC',
}

/** Gmail lets a Workspace mailbox send 2,000 mails a day. https://support.google.com/a/answer/166852 */
export const HIGHEST_DAILY_LIMIT = 2000
