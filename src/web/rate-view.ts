import type { AccountCounts } from '../db/counts.ts'
import { type AchievedRate, achievedRate } from '../domain/rates.ts'

/** A rate as it was achieved, beside the one that was asked for, with the numbers behind it. */
export type RateView = { name: string; achieved: string; wanted: string | null; behind: string }

type Rates = { openRate: number; replyRate: number }

export function rateViews(rates: Rates, counts: AccountCounts): RateView[] {
  return [
    {
      name: 'Opens',
      ...shown(achievedRate(counts.opened, counts.received), 'mail received', 'mails received'),
      wanted: percent(rates.openRate),
    },
    {
      name: 'Replies',
      ...shown(achievedRate(counts.answered, counts.opened), 'mail opened', 'mails opened'),
      wanted: percent(rates.replyRate),
    },
    {
      name: 'Spam',
      ...shown(achievedRate(counts.placedSpam, counts.placed), 'mail placed', 'mails placed'),
      wanted: null,
    },
  ]
}

function shown({ part, whole, rate }: AchievedRate, one: string, many: string) {
  if (rate === null) return { achieved: '–', behind: `no ${many} yet` }
  return { achieved: percent(rate), behind: `${part} of ${whole} ${whole === 1 ? one : many}` }
}

export function percent(rate: number): string {
  return `${Math.round(rate * 100)} %`
}
