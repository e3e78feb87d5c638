import type { AccountFilter, CensusRow, Dashboard, Today, ZoneDay } from '../db/dashboard.ts'
import { ACCOUNT_KINDS, ACCOUNT_STATUSES, type AccountStatus } from '../domain/account.ts'
import { accountsFor } from '../domain/forecast-pool.ts'
import { HEALTHS, type Health } from '../domain/health.ts'
import { localDateOf, localDay } from '../domain/local-time.ts'
import { accountView } from './account-view.ts'
import { HEALTH_WORDS } from './engine-words.ts'
import { eventView } from './event-view.ts'
import { pageView, readListQuery } from './list-query.ts'
import { counted, KIND_WORDS, STATUS_WORDS } from './words.ts'

const FEED_LENGTH = 30
const ACCOUNTS_A_PAGE = 50

/** All that the dashboard shows, in five queries however much there is. */
export async function loadDashboard(dashboard: Dashboard, now: Date, query: Record<string, unknown>) {
  const { filter, page } = readListQuery(query)
  const [{ census, today }, { rows, matches, sent }, events] = await Promise.all([
    loadTotals(dashboard, now),
    loadAccounts(dashboard, now, filter, { limit: ACCOUNTS_A_PAGE, offset: (page - 1) * ACCOUNTS_A_PAGE }),
    dashboard.latestEvents(FEED_LENGTH),
  ])

  return {
    totals: totals(census, today),
    hints: hints(census, today),
    isEmpty: census.every(({ status }) => status === 'removed'),
    filter: {
      ...filter,
      isSet: filter.text !== '' || [filter.kind, filter.status, filter.health].some((one) => one !== null),
      kinds: ACCOUNT_KINDS.map((value) => ({ value, words: KIND_WORDS[value] })),
      statuses: ACCOUNT_STATUSES.map((value) => ({ value, words: STATUS_WORDS[value] })),
      healths: HEALTHS.map((value) => ({ value, words: HEALTH_WORDS[value] })),
    },
    accounts: rows.map((row) => accountView(row, { sentToday: sent.get(row.account.id) ?? 0, now })),
    pages: pageView(filter, { page, matches, size: ACCOUNTS_A_PAGE }),
    events: events.map((row) => eventView(row, now)),
  }
}

async function loadTotals(dashboard: Dashboard, now: Date) {
  const census = await dashboard.census()
  const zones = new Set(census.map(({ timeZone }) => timeZone))
  return {
    census,
    today: await dashboard.today(
      [...zones].map((zone) => dayIn(zone, now)),
      now,
    ),
  }
}

async function loadAccounts(
  dashboard: Dashboard,
  now: Date,
  filter: AccountFilter,
  page: { limit: number; offset: number },
) {
  const found = await dashboard.accounts(filter, page)
  const today = new Map(found.rows.map(({ account }) => [account.id, localDateOf(now, account.timeZone)]))
  return { ...found, sent: await dashboard.sentOn(today) }
}

function dayIn(timeZone: string, now: Date): ZoneDay {
  const date = localDateOf(now, timeZone)
  return { timeZone, date, end: localDay(date, timeZone).end }
}

function totals(census: readonly CensusRow[], today: Today) {
  const having = (wanted: AccountStatus) => countWhere(census, ({ status }) => status === wanted)
  const graded = (wanted: Health) =>
    countWhere(
      census,
      ({ kind, status, health }) => kind !== 'vault' && status !== 'removed' && health === wanted,
    )
  return {
    active: having('active'),
    paused: having('paused'),
    needsReauth: having('needs_reauth'),
    throttled: graded('throttled'),
    resting: graded('paused'),
    sentToday: today.sent,
    plannedToday: today.planned,
    unknown: today.unknown,
    failed: today.failed,
  }
}

/** What keeps mail from being sent, and the operator from hearing of it, in the words of the page. */
function hints(census: readonly CensusRow[], today: Today): string[] {
  const active = (wanted: string) =>
    countWhere(census, ({ kind, status }) => kind === wanted && status === 'active')
  const inWarmup = countWhere(census, ({ kind, status }) => kind !== 'vault' && status !== 'removed')
  const missing = [
    active('warmup') === 0 ? 'warmup account' : null,
    active('pool') === 0 ? 'pool account' : null,
  ].filter((name) => name !== null)
  return [
    inWarmup > 0 && missing.length > 0
      ? `Nothing new is sent until there is at least one active ${missing.join(' and one active ')}.`
      : null,
    today.shortOf > 0
      ? `Today’s plans are short of room for ${counted(today.shortOf, 'mail')}: connect ${counted(accountsFor(today.shortOf, today.pool), 'more pool account')}, or raise the daily limits of those there are.`
      : null,
    today.untold > 0
      ? `${counted(today.untold, 'message')} to you could not be delivered: see Notices.`
      : null,
  ].filter((hint) => hint !== null)
}

function countWhere(census: readonly CensusRow[], matches: (row: CensusRow) => boolean): number {
  return census.filter(matches).reduce((sum, { accounts }) => sum + accounts, 0)
}
