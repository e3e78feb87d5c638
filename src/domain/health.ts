import { type Interval, wilsonInterval } from './rates.ts'

export const HEALTHS = ['healthy', 'watch', 'throttled', 'paused'] as const
/** What an account's mail meets outside, in four grades; each but the first slows it down. */
export type Health = (typeof HEALTHS)[number]

/** What was learnt of an account's mail from outside. Our own opens and replies are no evidence. */
export type Evidence = {
  inbox: number
  /** Promotions and the other tabs. */
  tabs: number
  spam: number
  missing: number
  bounced: number
  /** Sends that Gmail refused for good. */
  refused: number
  /** Mail to it that came back. */
  bouncedTo: number
}

export const NO_EVIDENCE: Evidence = {
  inbox: 0,
  tabs: 0,
  spam: 0,
  missing: 0,
  bounced: 0,
  refused: 0,
  bouncedTo: 0,
}

/** Shares of bad ends, 0–1, in rising order. */
export type Bands = { watchShare: number; throttleShare: number; pauseShare: number }

export type Verdict = { health: Health; bad: number; all: number; share: number | null; interval: Interval }

/**
 * The grade of an account: `bad` ÷ `all`, where bad is what ended in spam, nowhere, or back at its sender, or was
 * refused, and all is everything whose end is known.
 *
 * It takes little to stop rising and certainty to go down: `watch` begins where the share itself reaches its band;
 * `throttled` and `paused` where the lower end of the share's 95 % interval (Wilson) reaches theirs.
 */
export function judge(evidence: Evidence, bands: Bands): Verdict {
  const { inbox, tabs, spam, missing, bounced, refused, bouncedTo } = evidence
  const bad = spam + missing + bounced + refused + bouncedTo
  const all = inbox + tabs + bad
  const interval = wilsonInterval(bad, all)
  const share = all === 0 ? null : bad / all
  return { health: gradeOf(share, interval.low, bands), bad, all, share, interval }
}

function gradeOf(share: number | null, surely: number, bands: Bands): Health {
  if (share === null) return 'healthy'
  if (surely >= bands.pauseShare) return 'paused'
  if (surely >= bands.throttleShare) return 'throttled'
  return share >= bands.watchShare ? 'watch' : 'healthy'
}
