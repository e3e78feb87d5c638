import type { SQLWrapper } from 'drizzle-orm'
import type { AccountKind, AccountStatus } from '../domain/account.ts'
import type { Health } from '../domain/health.ts'
import type { LocalDate } from '../domain/local-time.ts'
import { accountColumns } from './accounts.ts'
import type { Database } from './connection.ts'
import { and, asc, desc, eq, getTableColumns, ne, sql } from './drizzle.ts'
import { createEndingReports, failedSince } from './ending-reports.ts'
import { createIncidentReports } from './incident-reports.ts'
import { parties, reasonColumns, recipient, selectMessages, sender } from './message-rows.ts'
import { only } from './only.ts'
import { accountCounts, accounts, events, messages, tasks } from './schema.ts'

/** How many accounts share a type, a status, a grade of health and a time zone. */
export type CensusRow = {
  kind: AccountKind
  status: AccountStatus
  health: Health
  timeZone: string
  accounts: number
}
/** The day that it is now in a time zone. */
export type ZoneDay = { timeZone: string; date: LocalDate; end: Date }
export type Today = {
  sent: number
  planned: number
  unknown: number
  /** What ended badly and was to happen within the last week. */
  failed: number
  shortOf: number
  untold: number
  /** The active pool accounts, and how many mails a day they may be sent together. */
  pool: { accounts: number; capacity: number }
}
export type AccountFilter = {
  text: string
  kind: AccountKind | null
  status: AccountStatus | null
  /** Of accounts that take part in the warmup. */
  health: Health | null
}

export type Dashboard = ReturnType<typeof createDashboard>
export type AccountRow = Awaited<ReturnType<Dashboard['accounts']>>['rows'][number]
export type EventRow = Awaited<ReturnType<Dashboard['latestEvents']>>[number]
export type MessageRow = Awaited<ReturnType<Dashboard['messagesOf']>>[number]

// A literal, not a parameter: only then a partial index can serve a prepared statement.
const isTold = sql`${events.kind} <> 'token_served'`

/** What the pages read, and nothing else. No query looks through history: each is bounded by an index and a limit. */
export function createDashboard(db: Database) {
  return {
    ...createIncidentReports(db),
    ...createEndingReports(db),

    census(): Promise<CensusRow[]> {
      const { kind, status, health, timeZone } = accounts
      return db
        .select({ kind, status, health, timeZone, accounts: sql<number>`count(*)::int` })
        .from(accounts)
        .groupBy(kind, status, health, timeZone)
    },

    /** Sums over all accounts but the removed ones, each in its own day. */
    async today(days: readonly ZoneDay[], now: Date): Promise<Today> {
      const none = { sent: 0, planned: 0, unknown: 0, failed: 0, shortOf: 0, untold: 0 }
      if (days.length === 0) return { ...none, pool: { accounts: 0, capacity: 0 } }
      const [row] = await db.execute<Today>(sql`
        with day as (
          select zone, date::date, end_at::timestamptz
          from unnest(
            ${texts(days.map(({ timeZone }) => timeZone))},
            ${texts(days.map(({ date }) => date))},
            ${texts(days.map(({ end }) => end.toISOString()))}
          ) given(zone, date, end_at)
        ), account as (
          select a.id, a.status, day.* from accounts a join day on day.zone = a.time_zone
          where a.status <> 'removed'
        ), today as (
          select d.sent, d.short_of, account.status from account
          join account_days d on d.account_id = account.id and d.day = account.date
        )
        select
          (select coalesce(sum(sent), 0)::int from today) as sent,
          (select coalesce(sum(short_of), 0)::int from today where status = 'active') as "shortOf",
          (select count(*)::int from tasks t join account on account.id = t.account_id
            where t.kind in ('send', 'reply') and t.due_at < end_at and account.status = 'active') as planned,
          (select count(*)::int from messages where state = 'unknown') as unknown,
          ${failedSince(now)} as failed,
          (select count(*)::int from (select state from deliveries order by id desc limit 1000) newest
            where state = 'failed') as untold,
          (select json_build_object('accounts', count(*), 'capacity', coalesce(sum(daily_limit), 0))
            from accounts where kind = 'pool' and status = 'active') as pool`)
      return row as Today
    },

    /** One page of the accounts that match, those that need the operator first. */
    async accounts(filter: AccountFilter, page: { limit: number; offset: number }) {
      const next = nextTask()
      const matching = and(
        filter.text === '' ? undefined : sql`position(lower(${filter.text}) in lower(${accounts.email})) > 0`,
        filter.kind ? eq(accounts.kind, filter.kind) : undefined,
        filter.status ? eq(accounts.status, filter.status) : ne(accounts.status, 'removed'),
        filter.health ? and(eq(accounts.health, filter.health), ne(accounts.kind, 'vault')) : undefined,
      )
      const order = [sql`${accounts.status} = 'needs_reauth' desc`, asc(sql`lower(${accounts.email})`)]
      // Chosen first, so that counts and tasks are looked up for one page and not for all that match.
      const chosen = db
        .select({ id: accounts.id, matches: sql<number>`(count(*) over ())::int`.as('matches') })
        .from(accounts)
        .where(matching)
        .orderBy(...order)
        .limit(page.limit)
        .offset(page.offset)
        .as('chosen')
      const rows = await db
        .select({
          account: accountColumns,
          counts: getTableColumns(accountCounts),
          next: { kind: next.kind, dueAt: next.dueAt, waitingFor: next.waitingFor },
          matches: chosen.matches,
        })
        .from(chosen)
        .innerJoin(accounts, eq(accounts.id, chosen.id))
        .innerJoin(accountCounts, eq(accountCounts.accountId, accounts.id))
        .leftJoinLateral(next, sql`true`)
        .orderBy(...order)
      return { rows: rows.map(({ matches: _, ...row }) => row), matches: rows[0]?.matches ?? 0 }
    },

    async figuresOf(accountId: number) {
      const next = nextTask()
      const [row] = await db
        .select({
          counts: getTableColumns(accountCounts),
          next: { kind: next.kind, dueAt: next.dueAt, waitingFor: next.waitingFor },
        })
        .from(accounts)
        .innerJoin(accountCounts, eq(accountCounts.accountId, accounts.id))
        .leftJoinLateral(next, sql`true`)
        .where(eq(accounts.id, accountId))
      if (!row) throw new Error(`account ${accountId} has no counts`)
      return row
    },

    /** How many mails each account sent on a local day of its own. */
    async sentOn(days: ReadonlyMap<number, LocalDate>): Promise<Map<number, number>> {
      const rows = await db.execute<{ id: number; sent: number }>(sql`
        select d.account_id::int as id, d.sent from account_days d
        join unnest(${sql.param([...days.keys()])}::bigint[], ${texts([...days.values()])}) given(id, day)
          on given.id = d.account_id and given.day::date = d.day`)
      return new Map(rows.map(({ id, sent }) => [id, sent]))
    },

    /** The newest first, of one account or of all, but for the tokens that were handed out. */
    latestEvents(limit: number, accountId: number | null = null) {
      return db
        .select({
          id: events.id,
          at: events.at,
          kind: events.kind,
          data: events.data,
          account: { id: accounts.id, email: accounts.email, timeZone: accounts.timeZone },
          message: { id: messages.id, subject: messages.subject },
          ...parties,
        })
        .from(events)
        .leftJoin(accounts, eq(accounts.id, events.accountId))
        .leftJoin(messages, eq(messages.id, events.messageId))
        .leftJoin(sender, eq(sender.id, messages.senderId))
        .leftJoin(recipient, eq(recipient.id, messages.recipientId))
        .where(and(isTold, accountId === null ? undefined : only(events.accountId, accountId)))
        .orderBy(...(accountId === null ? [] : [desc(events.accountId)]), desc(events.id))
        .limit(limit)
    },

    /** To whom the account's token was handed, the newest first. */
    handoutsOf(accountId: number, limit: number) {
      return db
        .select({ at: events.at, data: events.data })
        .from(events)
        .where(and(sql`${events.kind} = 'token_served'`, only(events.accountId, accountId)))
        .orderBy(desc(events.accountId), desc(events.id))
        .limit(limit)
    },

    /** The newest mails that the account sent or was sent. */
    messagesOf(accountId: number, limit: number) {
      const latest = (party: SQLWrapper) =>
        sql`(select id from messages where ${only(party, accountId)} order by ${party} desc, id desc limit ${limit})`
      return selectMessages(db)
        .where(
          sql`${messages.id} in (${latest(messages.senderId)} union all ${latest(messages.recipientId)})`,
        )
        .orderBy(desc(messages.id))
        .limit(limit)
    },

    /** The mails of the conversation that a message belongs to, in their order. */
    conversationOf(messageId: number) {
      return selectMessages(db, reasonColumns)
        .where(
          sql`${messages.conversationId} = (select conversation_id from messages where id = ${messageId})`,
        )
        .orderBy(asc(messages.turn))
    },
  }

  /** For a lateral join: the task of `accounts.id` that is due first. */
  /** Rounds of fetching come every few minutes, and would hide all else: the page of an account's mail tells of them. */
  function nextTask() {
    return db
      .select({ kind: tasks.kind, dueAt: tasks.dueAt, waitingFor: tasks.waitingFor })
      .from(tasks)
      .where(and(eq(tasks.accountId, accounts.id), sql`${tasks.kind} not in ('sync', 'hand_on')`))
      .orderBy(asc(tasks.dueAt))
      .limit(1)
      .as('next')
  }
}

/** Drizzle takes the driver's encoder for arrays of times away; as texts they arrive. */
function texts(values: readonly string[]) {
  return sql`${sql.param([...values])}::text[]`
}
