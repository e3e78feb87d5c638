import type { AccountDay } from '../db/account-days.ts'
import type { Account } from '../db/accounts.ts'
import type { Store } from '../db/store.ts'
import { type ForecastDay, forecast } from '../domain/forecast.ts'
import { addDays, localDateOf } from '../domain/local-time.ts'
import type { ChartCell, ChartView } from './chart-view.ts'
import { HEALTH_WORDS } from './engine-words.ts'
import type { HealthBadge } from './health-view.ts'
import { outlookWords } from './outlook.ts'

const DAYS_BACK = 60
const NOTHING: ChartCell = { text: '', value: null }

/** What an account sent and where it landed, day by day, and what is planned for it. */
export async function loadAccountCharts(
  { accountDays }: Pick<Store, 'accountDays'>,
  account: Account,
  now: Date,
) {
  const today = localDateOf(now, account.timeZone)
  const days = await accountDays.since(account.id, addDays(today, -DAYS_BACK))
  const ahead = account.kind === 'warmup' ? forecast(account, account, now) : null
  return {
    volume: days.length > 0 || ahead ? volumeChart(account, days, ahead?.days ?? []) : null,
    outlook: ahead && outlookWords(account, ahead, today),
    health: healthRuns(days),
    placement: days.some(hasEvidence) ? placementChart(days) : null,
  }
}

function volumeChart(
  account: Account,
  past: readonly AccountDay[],
  ahead: readonly ForecastDay[],
): ChartView {
  const known = new Map(past.map((day) => [day.day, day]))
  const expected = new Map(ahead.map((day) => [day.day, day]))
  const days = [...new Set([...known.keys(), ...expected.keys()])].toSorted()
  // A pool account has none.
  const hasRamp = ahead.length > 0 || past.some(({ volume }) => volume !== null)
  const sent = 'Mails a day: what was sent'
  return {
    id: 'volume-chart',
    title: ahead.length > 0 ? `${sent}, and what is planned if all goes well` : sent,
    kind: 'stacked',
    columns: [
      { name: 'Day' },
      { name: 'Conversations begun' },
      { name: 'Replies' },
      ...(hasRamp ? RAMP_COLUMNS : []),
      { name: 'Daily limit', style: 'limit' },
    ],
    // Days off are left out: they would draw a tooth a week.
    rows: days
      .filter((day) => known.has(day) || expected.get(day)?.warmupDay != null)
      .map((day) => {
        const was = known.get(day)
        return [
          day,
          was ? number(was.sent - was.replies) : NOTHING,
          was ? number(was.replies) : NOTHING,
          ...(hasRamp ? rampCells(was, expected.get(day)) : []),
          number(account.dailyLimit),
        ]
      }),
  }
}

const RAMP_COLUMNS: ChartView['columns'] = [
  { name: 'Allowed by the ramp', style: 'planned' },
  { name: 'By chance from', style: 'low' },
  { name: 'to', style: 'high' },
]

/** What the ramp allowed, where a day was planned; else what is expected, and the ends that chance leaves it. */
function rampCells(was: AccountDay | undefined, will: ForecastDay | undefined): ChartCell[] {
  if (was && was.volume !== null) return [number(was.volume), NOTHING, NOTHING]
  return will ? [will.volume, will.low, will.high].map(number) : [NOTHING, NOTHING, NOTHING]
}

export type HealthRun = { badge: HealthBadge; first: string; last: string }

/** The grades of the days that were planned; days in a row with the same grade are told together. */
function healthRuns(days: readonly AccountDay[]): HealthRun[] {
  const runs: HealthRun[] = []
  for (const { day, health } of days) {
    const run = runs.at(-1)
    if (health === null) continue
    if (run?.badge.name === health) run.last = day
    else
      runs.push({ badge: { name: health, words: HEALTH_WORDS[health], until: null }, first: day, last: day })
  }
  return runs
}

function placementChart(days: readonly AccountDay[]): ChartView {
  return {
    id: 'placement-chart',
    title: 'Where its mail was found, by the day on which that was learnt',
    kind: 'stacked',
    columns: ['Day', 'Inbox', 'Other tabs', 'Spam', 'Missing', 'Came back', 'Refused'].map((name) => ({
      name,
    })),
    rows: days.map(({ day, inbox, tabs, spam, missing, bounced, refused }) => [
      day,
      ...[inbox, tabs, spam, missing, bounced, refused].map(number),
    ]),
  }
}

function hasEvidence({ inbox, tabs, spam, missing, bounced, refused }: AccountDay): boolean {
  return inbox + tabs + spam + missing + bounced + refused > 0
}

function number(value: number): ChartCell {
  return { text: String(value), value }
}
