import type { Bands } from './health.ts'

/** What the operator chooses for the engine as a whole. */
export type EngineSettings = Bands & {
  /** The user label on every warmup mail, on both sides; "a/b" is a nested one; empty: no label. */
  labelName: string
  /** Whether a mail leaves the inbox once it was handled. */
  leavesInbox: boolean
  /** A conversation ends after so many mails, or before, where its text ends. */
  maxTurns: number
  /** Nobody is written to again by the same sender within so many days, while others are free. */
  coolDownDays: number
  /** How many days of evidence make an account's health. */
  evidenceDays: number
  /** How many days an account rests that was paused for its health. */
  restDays: number
  /** Whether mail waits while SPF, DKIM or DMARC of its sender's domain fail. */
  needsAuthentication: boolean
  /** Under which names the domains publish their DKIM keys; Google Workspace's own is `google`. */
  dkimSelectors: string[]
  /** Conversations that ended so many days ago are kept as daily statistics only. */
  keepMailDays: number
  /** So long the feed, and what was told of incidents that are over, is kept. */
  keepEventDays: number
  /** So long it is kept which program was handed which account's token. */
  keepHandoutDays: number
  /** So long an account's daily statistics are kept. */
  keepStatisticsDays: number
  /** So long it is kept what came into the mailboxes. */
  keepInboxDays: number
}

export const DEFAULT_ENGINE: EngineSettings = {
  labelName: 'Warmup',
  leavesInbox: false,
  maxTurns: 5,
  coolDownDays: 3,
  evidenceDays: 7,
  watchShare: 0.15,
  throttleShare: 0.25,
  pauseShare: 0.4,
  restDays: 3,
  needsAuthentication: false,
  dkimSelectors: ['google'],
  keepMailDays: 180,
  keepEventDays: 90,
  keepHandoutDays: 7,
  keepStatisticsDays: 730,
  keepInboxDays: 90,
}

export const ENGINE_SETTING_NAMES = Object.keys(DEFAULT_ENGINE) as (keyof EngineSettings)[]

/** The settings that differ, in their order. */
export function changedEngine(before: EngineSettings, after: EngineSettings): (keyof EngineSettings)[] {
  return ENGINE_SETTING_NAMES.filter((name) => String(before[name]) !== String(after[name]))
}

const MOST_SELECTORS = 10
/** RFC 6376 3.1: a selector is a domain name's labels, with dots between them. */
const SELECTOR = /^[a-z\d]([a-z\d-]{0,61}[a-z\d])?(\.[a-z\d]([a-z\d-]{0,61}[a-z\d])?)*$/

/** In small letters, each once. @throws RangeError that says what is wrong with them */
export function tidySelectors(texts: readonly string[]): string[] {
  const selectors = [...new Set(texts.map((text) => text.toLowerCase()))]
  if (selectors.length === 0) throw new RangeError('enter at least one selector')
  if (selectors.length > MOST_SELECTORS) throw new RangeError(`enter ${MOST_SELECTORS} selectors at most`)
  const wrong = selectors.find((selector) => selector.length > 200 || !SELECTOR.test(selector))
  if (wrong !== undefined) throw new RangeError(`“${wrong}” is no selector such as google`)
  return selectors
}
