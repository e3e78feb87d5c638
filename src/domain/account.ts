import type { Ramp } from './ramp.ts'
import { EVERY_DAY, type Schedule } from './schedule.ts'

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
  /** Of the warmup mail that it opens, the share that it marks as important. */
  importantRate: number
  /** Of the warmup mail that it opens, the share that it stars. */
  starRate: number
  /** Of the warmup mail that it finds in spam, the share that it takes out. */
  rescueRate: number
  /** Of the warmup mail that it finds under Promotions, the share that it moves to Primary. */
  primaryRate: number
  dailyLimit: number
  ramp: Ramp
  startVolume: number
  dailyIncrease: number
  /** 0–0.5. */
  dailyVariation: number
  maintenanceVolume: number
  timeZone: string
  /** ISO 8601: 1 is Monday. */
  sendDays: number[]
  /** "09:00-18:00" and so on: when it sends. */
  sendHours: string[]
  /** "2026-12-25", "2026-12-24..2027-01-02". */
  holidays: string[]
  /** When it looks at its mail, on any day. */
  wakingHours: string[]
  /** The least time between two mails that it sends. */
  minPauseMinutes: number
  /** The name in From and under its mails; empty: what its address shows. */
  displayName: string
  /** Stands under its mails; may be empty. */
  signature: string
}

export const DEFAULT_SETTINGS: AccountSettings = {
  kind: 'warmup',
  openRate: 0.8,
  replyRate: 0.55,
  importantRate: 0.3,
  starRate: 0.1,
  rescueRate: 1,
  primaryRate: 0.8,
  dailyLimit: 50,
  ramp: 'standard',
  startVolume: 5,
  dailyIncrease: 2,
  dailyVariation: 0.1,
  maintenanceVolume: 20,
  timeZone: 'UTC',
  sendDays: [1, 2, 3, 4, 5],
  sendHours: ['09:00-18:00'],
  holidays: [],
  wakingHours: ['07:30-22:30'],
  minPauseMinutes: 3,
  displayName: '',
  signature: '',
}

export const SETTING_NAMES = Object.keys(DEFAULT_SETTINGS) as (keyof AccountSettings)[]

/** An account's settings and nothing else of it. What an older version kept without a setting gets the default one. */
export function settingsOf(account: Partial<AccountSettings>): AccountSettings {
  return Object.fromEntries(
    SETTING_NAMES.map((name) => [name, account[name] ?? DEFAULT_SETTINGS[name]]),
  ) as AccountSettings
}

/** The settings that differ, in their order. */
export function changedSettings(before: AccountSettings, after: AccountSettings): (keyof AccountSettings)[] {
  return SETTING_NAMES.filter((name) => String(before[name]) !== String(after[name]))
}

type Hours = Pick<AccountSettings, 'timeZone' | 'sendDays' | 'sendHours' | 'holidays' | 'wakingHours'>

export function domainOf(email: string): string {
  return email.slice(email.lastIndexOf('@') + 1).toLowerCase()
}

/** When it sends. */
export function sendingSchedule({ timeZone, sendDays, sendHours, holidays }: Hours): Schedule {
  return { timeZone, days: sendDays, hours: sendHours, holidays }
}

/** When it looks at its mail. */
export function readingSchedule({ timeZone, wakingHours }: Hours): Schedule {
  return { timeZone, days: EVERY_DAY, hours: wakingHours, holidays: [] }
}

/** Gmail lets a Workspace mailbox send 2,000 mails a day. https://support.google.com/a/answer/166852 */
export const HIGHEST_DAILY_LIMIT = 2000
