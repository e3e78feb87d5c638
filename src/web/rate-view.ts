import type { AccountCounts } from '../db/counts.ts'
import { type AchievedRate, achievedRate } from '../domain/rates.ts'

/** A rate as it was achieved, the goal, and the numbers behind it. */
export type RateView = { name: string; achieved: string; goal: string | null; counts: string }

type Rates = { openRate: number; replyRate: number }

export function rateViews(rates: Rates, counts: AccountCounts): RateView[] {
  const { received, opened, answered, placed, placedSpam } = counts
  return [
    rateView('Opens', achievedRate(opened, received), 'received', rates.openRate),
    rateView('Replies', achievedRate(answered, opened), 'opened', rates.replyRate),
    rateView('Sent mail in spam', achievedRate(placedSpam, placed), 'found', null),
  ]
}

function rateView(name: string, achieved: AchievedRate, base: string, goal: number | null): RateView {
  const { part, whole, rate } = achieved
  return {
    name,
    achieved: rate === null ? '–' : percent(rate),
    goal: goal === null ? null : percent(goal),
    counts: rate === null ? 'no mail yet' : `${part} of ${whole} ${base}`,
  }
}

export function percent(rate: number): string {
  return `${Math.round(rate * 100)} %`
}
