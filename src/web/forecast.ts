import { Router } from 'express'
import { forecastPool, type PoolForecast } from '../domain/forecast-pool.ts'
import { localDateOf } from '../domain/local-time.ts'
import type { Warmup } from '../warmup/dependencies.ts'
import type { ChartView } from './chart-view.ts'
import type { WebDependencies } from './dependencies.ts'
import { outlookRow } from './outlook.ts'
import type { Pages } from './pages.ts'
import { counted } from './words.ts'

const DAYS_AHEAD = 60
const ACCOUNTS_A_PAGE = 50

/** What the warmup accounts will need of the pool, and how far each of them is. */
export function forecastRoutes({ warmup }: WebDependencies, pages: Pages): Router {
  const router = Router()
  router.get('/forecast', async (request, response) => {
    const model = await loadForecast(warmup, readAfter(request.query.after))
    pages.show(request, response, { view: 'pages/forecast', title: 'Forecast', model })
  })
  return router
}

/** In three queries, however many accounts there are. The pool's days are UTC's: the accounts live in many zones. */
export async function loadForecast(
  { store, clock }: Pick<Warmup, 'store' | 'clock'>,
  after: number | undefined,
) {
  const now = clock.now()
  const today = localDateOf(now, 'UTC')
  const page = {
    limit: ACCOUNTS_A_PAGE + 1,
    after,
    kind: 'warmup',
    status: 'active',
    email: undefined,
  } as const
  const [cohorts, pool, found] = await Promise.all([
    store.cohorts.ofWarmup(),
    store.cohorts.ofPool(today),
    store.accounts.page(page),
  ])
  const shown = found.slice(0, ACCOUNTS_A_PAGE)
  const ahead = forecastPool(cohorts, pool, today, DAYS_AHEAD)
  const warmupAccounts = cohorts.reduce((sum, { accounts }) => sum + accounts, 0)
  return {
    chart: needChart(ahead),
    isShort: ahead.missing !== null,
    verdict: verdictWords(ahead),
    warmupAccounts: counted(warmupAccounts, 'active warmup account'),
    poolAccounts: counted(pool.accounts, 'active pool account'),
    capacity: pool.capacity,
    rows: shown.map((account) => outlookRow(account, now)),
    isFirst: after === undefined,
    next: found.length > shown.length ? `/forecast?after=${shown.at(-1)?.id}` : null,
  }
}

/** The id that the page before ended with; anything that is none counts as not given. */
function readAfter(given: unknown): number | undefined {
  const id = Number(given)
  return Number.isSafeInteger(id) && id > 0 ? id : undefined
}

function verdictWords({ shortFrom, missing }: PoolForecast): string {
  if (missing === null) return 'The pool has room for all that is planned.'
  const mails = counted(missing.mails, 'mail')
  const accounts = counted(missing.accounts, 'more pool account')
  return `From ${shortFrom} on the pool is too small: at the most ${mails} a day are missing, the room of ${accounts}. Without them plans shrink; no limit is broken.`
}

function needChart({ days, capacity }: PoolForecast): ChartView {
  return {
    id: 'pool-chart',
    title: 'Mails a day that the warmup accounts need of the pool, and what it has room for',
    kind: 'stacked',
    columns: [{ name: 'Day' }, { name: 'Need' }, { name: 'Room', style: 'limit' }],
    rows: days.map(({ day, need }) => [
      day,
      { text: String(need), value: need },
      { text: String(capacity), value: capacity },
    ]),
  }
}
