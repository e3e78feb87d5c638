import { Router } from 'express'
import { forecastPool, type PoolForecast } from '../domain/forecast.ts'
import { localDateOf } from '../domain/local-time.ts'
import type { Warmup } from '../warmup/dependencies.ts'
import type { ChartView } from './chart-view.ts'
import type { WebDependencies } from './dependencies.ts'
import type { Pages } from './pages.ts'
import { counted } from './words.ts'

const DAYS_AHEAD = 60

/** What the warmup accounts will need of the pool. */
export function forecastRoutes({ warmup }: WebDependencies, pages: Pages): Router {
  const router = Router()
  router.get('/forecast', async (request, response) => {
    const model = await loadForecast(warmup)
    pages.show(request, response, { view: 'pages/forecast', title: 'Forecast', model })
  })
  return router
}

/** In two queries, however many accounts there are. Days are UTC's: the accounts live in many zones. */
async function loadForecast({ store, clock }: Warmup) {
  const today = localDateOf(clock.now(), 'UTC')
  const [cohorts, pool] = await Promise.all([store.cohorts.ofWarmup(), store.cohorts.ofPool(today)])
  const ahead = forecastPool(cohorts, pool, today, DAYS_AHEAD)
  const warmupAccounts = cohorts.reduce((sum, { accounts }) => sum + accounts, 0)
  return {
    chart: needChart(ahead),
    isShort: ahead.missing !== null,
    verdict: verdictWords(ahead),
    warmupAccounts: counted(warmupAccounts, 'active warmup account'),
    poolAccounts: counted(pool.accounts, 'active pool account'),
    capacity: pool.capacity,
  }
}

function verdictWords({ shortFrom, missing }: PoolForecast): string {
  if (missing === null) return 'The pool has room for all that is planned.'
  const mails = counted(missing.mails, 'mail')
  const accounts = counted(missing.accounts, 'more pool account')
  return `From ${shortFrom} on the pool is too small: at the most ${mails} a day are missing, the room of ${accounts}. Until then the plans shrink; no limit is broken.`
}

function needChart({ days, capacity }: PoolForecast): ChartView {
  return {
    id: 'pool-chart',
    title: 'Mails a day that the warmup accounts need of the pool, and what it has room for',
    kind: 'bar',
    columns: [{ name: 'Day' }, { name: 'Need' }, { name: 'Room', style: 'limit' }],
    rows: days.map(({ day, need }) => [
      day,
      { text: String(need), value: need },
      { text: String(capacity), value: capacity },
    ]),
  }
}
