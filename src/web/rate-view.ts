import type { AccountCounts } from '../db/counts.ts'
import { wilsonInterval } from '../domain/rates.ts'

/** A share with its 95 % interval and the numbers behind it; of nothing there is no share. */
export type ShareView = { achieved: string; interval: string | null; part: number; whole: number }

/** A rate as it was achieved, and the goal. */
export type RateView = ShareView & { name: string; goal: string | null; counts: string }

type Rates = { openRate: number; replyRate: number }

export function rateViews(rates: Rates, counts: AccountCounts): RateView[] {
  const { received, opened, answered, placed, placedSpam } = counts
  return [
    rateView('Opens', shareView(opened, received), 'received', rates.openRate),
    rateView('Replies', shareView(answered, opened), 'opened', rates.replyRate),
    rateView('Sent mail in spam', shareView(placedSpam, placed), 'found', null),
  ]
}

function rateView(name: string, share: ShareView, base: string, goal: number | null): RateView {
  const { part, whole } = share
  return {
    name,
    ...share,
    goal: goal === null ? null : percent(goal),
    counts: whole === 0 ? 'no mail yet' : `${part} of ${whole} ${base}`,
  }
}

/** "12 %" and "5–26 %": what the share of all mail is like, as far as so few mails can tell. */
export function shareView(part: number, whole: number): ShareView {
  if (whole === 0) return { achieved: '–', interval: null, part, whole }
  const { low, high } = wilsonInterval(part, whole)
  const interval = `${Math.round(low * 100)}–${percent(high)}`
  return { achieved: percent(part / whole), interval, part, whole }
}

export function percent(rate: number): string {
  return `${Math.round(rate * 100)} %`
}
