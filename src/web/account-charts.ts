import type { AccountDay } from '../db/account-days.ts'
import type { Account } from '../db/accounts.ts'
import type { Store } from '../db/store.ts'
import { type Forecast, type ForecastDay, forecast } from '../domain/forecast.ts'
import { addDays, localDateOf } from '../domain/local-time.ts'
import type { ChartCell, ChartView } from './chart-view.ts'

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
  const ahead = account.kind === 'warmup' ? forecast(account, account, today) : null
  return {
    volume: days.length > 0 || ahead ? volumeChart(account, days, ahead?.days ?? []) : null,
    outlook: ahead && outlookWords(account, ahead),
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
  return {
    id: 'volume-chart',
    title: 'Mails a day: what was sent, and what is planned if all goes well',
    kind: 'stacked',
    columns: [
      { name: 'Day' },
      { name: 'Conversations begun' },
      { name: 'Replies' },
      { name: 'Planned conversations', style: 'planned' },
      { name: 'Daily limit', style: 'limit' },
    ],
    // Days off are left out: they would draw a tooth a week.
    rows: days
      .filter((day) => known.has(day) || expected.get(day)?.warmupDay != null)
      .map((day) => {
        const was = known.get(day)
        const will = expected.get(day)
        return [
          day,
          was ? number(was.sent - was.replies) : NOTHING,
          was ? number(was.replies) : NOTHING,
          plannedCell(was, will),
          number(account.dailyLimit),
        ]
      }),
  }
}

/** What was planned, where a day was; else what is expected, with the ends that chance leaves it. */
function plannedCell(was: AccountDay | undefined, will: ForecastDay | undefined): ChartCell {
  if (was && was.volume !== null) return number(was.volume)
  if (!will) return NOTHING
  const { volume, low, high } = will
  return { text: low === high ? String(volume) : `${volume} (${low} to ${high})`, value: volume }
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

function outlookWords({ dailyLimit, maintenanceVolume }: Account, { fullOn, doneOn }: Forecast): string {
  if (doneOn === null || fullOn === null)
    return 'With these settings its volume never reaches the daily limit.'
  const maintenance = Math.min(maintenanceVolume, dailyLimit)
  return `If all goes well it reaches ${dailyLimit} mails a day on ${fullOn}; from ${doneOn} on it is kept at ${maintenance}.`
}

function number(value: number): ChartCell {
  return { text: String(value), value }
}
