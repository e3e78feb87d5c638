import { sql } from '../db/drizzle.ts'
import type { Health } from '../domain/health.ts'
import { addDays, type LocalDate } from '../domain/local-time.ts'
import type { Runtime } from '../runtime.ts'
import { FIRST_DAY } from './rehearse.ts'

/** What one account did in the whole rehearsal, and what its mail met. */
export type AccountFigures = {
  email: string
  kind: 'warmup' | 'pool'
  timeZone: string
  warmupDay: number
  health: Health
  openRate: number
  replyRate: number
  sent: number
  replies: number
  received: number
  opened: number
  answered: number
  inbox: number
  tabs: number
  spam: number
  /** Nowhere, or come back. */
  lost: number
}

/** One local day of one account, or of several together. */
export type DayFigures = {
  day: LocalDate
  planned: number
  sent: number
  replies: number
  inbox: number
  tabs: number
  spam: number
  lost: number
}
export type SenderDay = DayFigures & { email: string; health: Health | null; warmupDay: number | null }
export type DayRates = { day: LocalDate; received: number; opened: number; answered: number }
export type SteeringEvent = {
  at: Date
  email: string
  timeZone: string
  data: Record<string, string | number | boolean | null>
}

export type Figures = {
  days: LocalDate[]
  accounts: AccountFigures[]
  senderDays: SenderDay[]
  rates: DayRates[]
  /** Of the warmup accounts. */
  steering: SteeringEvent[]
}

/** Reads what became of a rehearsal out of its database. */
export async function readFigures({ db }: Pick<Runtime, 'db'>, dayCount: number): Promise<Figures> {
  const last = addDays(FIRST_DAY, dayCount - 1)
  const accounts = await db.execute<AccountFigures>(sql`
    select a.email, a.kind, a.time_zone as "timeZone", a.warmup_day as "warmupDay", a.health,
      a.open_rate as "openRate", a.reply_rate as "replyRate",
      c.received, c.opened, c.answered,
      coalesce(sum(d.sent), 0)::int as sent, coalesce(sum(d.replies), 0)::int as replies,
      coalesce(sum(d.inbox), 0)::int as inbox, coalesce(sum(d.tabs), 0)::int as tabs,
      coalesce(sum(d.spam), 0)::int as spam, coalesce(sum(d.missing + d.bounced), 0)::int as lost
    from accounts a
    join account_counts c on c.account_id = a.id
    left join account_days d on d.account_id = a.id
    group by a.id, c.account_id order by a.id`)
  const senderDays = await db.execute<SenderDay>(sql`
    select a.email, d.day::text as day, d.health, d.warmup_day as "warmupDay", coalesce(d.planned, 0) as planned,
      d.sent, d.replies, d.inbox, d.tabs, d.spam, d.missing + d.bounced as lost
    from account_days d join accounts a on a.id = d.account_id
    where a.kind = 'warmup' and d.day between ${FIRST_DAY} and ${last} order by a.id, d.day`)
  const rates = await db.execute<DayRates>(sql`
    select (m.placed_at at time zone a.time_zone)::date::text as day, count(*)::int as received,
      (count(*) filter (where m.opens))::int as opened, (count(*) filter (where m.replies))::int as answered
    from messages m join accounts a on a.id = m.recipient_id
    where m.decisions ? 'open' group by 1 order by 1`)
  const steering = await db.execute<Omit<SteeringEvent, 'at'> & { at: string }>(sql`
    select e.at, a.email, a.time_zone as "timeZone", e.data from events e join accounts a on a.id = e.account_id
    where e.kind = 'steered' and a.kind = 'warmup' order by e.at, a.id, e.id`)
  return {
    days: Array.from({ length: dayCount }, (_, i) => addDays(FIRST_DAY, i)),
    accounts: [...accounts],
    senderDays: [...senderDays],
    rates: [...rates],
    steering: steering.map((event) => ({ ...event, at: new Date(event.at) })),
  }
}

/** The same day of several accounts added up. */
export function summed(day: LocalDate, parts: readonly DayFigures[]): DayFigures {
  const sum = (name: Exclude<keyof DayFigures, 'day'>) => parts.reduce((total, part) => total + part[name], 0)
  return {
    day,
    planned: sum('planned'),
    sent: sum('sent'),
    replies: sum('replies'),
    inbox: sum('inbox'),
    tabs: sum('tabs'),
    spam: sum('spam'),
    lost: sum('lost'),
  }
}
