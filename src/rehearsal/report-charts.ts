import { DEFAULT_SETTINGS } from '../domain/account.ts'
import { HEALTHS } from '../domain/health.ts'
import type { LocalDate } from '../domain/local-time.ts'
import { wilsonInterval } from '../domain/rates.ts'
import type { ChartCell, ChartView } from '../web/chart-view.ts'
import { HEALTH_WORDS } from '../web/engine-words.ts'
import { percent } from '../web/rate-view.ts'
import { type DayFigures, type DayRates, type Figures, type SenderDay, summed } from './figures.ts'

const count = (value: number): ChartCell => ({ text: String(value), value })
const share = (rate: number | null): ChartCell =>
  rate === null ? { text: '–', value: null } : { text: percent(rate), value: Math.round(rate * 1000) / 10 }
/** "2 Mar", as the pages write it. */
const dayText = (day: LocalDate) =>
  new Date(`${day}T00:00:00Z`).toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'short',
    timeZone: 'UTC',
  })

/** Of all warmup accounts together. */
export function chartsOfAll({ days, senderDays, rates }: Figures): ChartView[] {
  const byDay = Map.groupBy(senderDays, ({ day }) => day)
  const all = days.map((day) => summed(day, byDay.get(day) ?? []))
  return [
    volumeChart('all', all),
    placementChart('all', all),
    spamChart('all', all),
    ratesChart(days, rates),
    healthChart(days, byDay),
  ]
}

/** Of one warmup account. */
export function chartsOfSender(
  days: readonly LocalDate[],
  own: readonly SenderDay[],
  id: string,
): ChartView[] {
  const all = days.map((day) =>
    summed(
      day,
      own.filter((each) => each.day === day),
    ),
  )
  return [volumeChart(id, all), placementChart(id, all)]
}

function volumeChart(id: string, days: readonly DayFigures[]): ChartView {
  return {
    id: `volume-${id}`,
    title: 'Mails a day: conversations planned, mails sent, replies among them',
    kind: 'line',
    columns: [{ name: 'Day' }, { name: 'Planned', style: 'planned' }, { name: 'Sent' }, { name: 'Replies' }],
    rows: days.map(({ day, planned, sent, replies }) => [
      dayText(day),
      count(planned),
      count(sent),
      count(replies),
    ]),
  }
}

function placementChart(id: string, days: readonly DayFigures[]): ChartView {
  return {
    id: `placement-${id}`,
    title: 'Where mail was found, by the day on which it was',
    kind: 'stacked',
    columns: [{ name: 'Day' }, ...['Inbox', 'Tabs', 'Spam', 'Lost'].map((name) => ({ name }))],
    rows: days.map(({ day, inbox, tabs, spam, lost }) => [
      dayText(day),
      ...[inbox, tabs, spam, lost].map(count),
    ]),
  }
}

function spamChart(id: string, days: readonly DayFigures[]): ChartView {
  return {
    id: `spam-${id}`,
    title: 'Share of the mail that was in spam, %, with its 95 % interval',
    kind: 'line',
    columns: [
      { name: 'Day' },
      { name: 'In spam' },
      { name: '95 % from', style: 'low' },
      { name: 'to', style: 'high' },
    ],
    rows: days.map(({ day, inbox, tabs, spam, lost }) => {
      const all = inbox + tabs + spam + lost
      const { low, high } = wilsonInterval(spam, all)
      return [
        dayText(day),
        ...(all === 0 ? [null, null, null] : [spam / all, low, high]).map(share),
      ] as ChartView['rows'][number]
    }),
  }
}

/** The rates of all mailboxes so far: after each mail they are within one of the goal, in each mailbox. */
function ratesChart(days: readonly LocalDate[], rates: readonly DayRates[]): ChartView {
  const soFar = (day: LocalDate, name: 'received' | 'opened' | 'answered') =>
    rates.reduce((sum, each) => (each.day <= day ? sum + each[name] : sum), 0)
  const ratio = (part: number, whole: number) => share(whole === 0 ? null : part / whole)
  return {
    id: 'rates',
    title: 'Opened and answered in all mailboxes so far, %, and the goals',
    kind: 'line',
    columns: [
      { name: 'Day' },
      { name: 'Opened' },
      { name: 'Opens: goal', style: 'planned' },
      { name: 'Answered' },
      { name: 'Answers: goal', style: 'planned' },
    ],
    rows: days.map((day) => [
      dayText(day),
      ratio(soFar(day, 'opened'), soFar(day, 'received')),
      share(DEFAULT_SETTINGS.openRate),
      ratio(soFar(day, 'answered'), soFar(day, 'opened')),
      share(DEFAULT_SETTINGS.replyRate),
    ]),
  }
}

/** A grade lasts until the next one: on days off nobody is judged. */
function healthChart(days: readonly LocalDate[], byDay: ReadonlyMap<LocalDate, SenderDay[]>): ChartView {
  const grades = new Map<string, string>()
  return {
    id: 'health',
    title: 'Warmup accounts by their health',
    kind: 'stacked',
    columns: [{ name: 'Day' }, ...HEALTHS.map((health) => ({ name: HEALTH_WORDS[health] }))],
    rows: days.map((day) => {
      for (const { email, health } of byDay.get(day) ?? []) if (health !== null) grades.set(email, health)
      const now = [...grades.values()]
      return [
        dayText(day),
        ...HEALTHS.map((health) => count(now.filter((grade) => grade === health).length)),
      ] as ChartView['rows'][number]
    }),
  }
}
