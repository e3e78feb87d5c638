import { createLogger } from '../../logger.ts'
import { closingAfter } from '../closing.ts'
import { atMost, printFigures, quantile } from '../figures.ts'
import { ownDatabase } from '../own-database.ts'
import { type Page, timePage } from '../page-timing.ts'
import { openSite } from '../site.ts'
import type { Part } from './part.ts'

const GOAL_MS = 100

const PAGES: Page[] = [
  { name: 'the page', path: '/', shows: 'id="account-' },
  { name: 'what an open page asks for', path: '/', headers: { 'HX-Request': 'true' }, shows: 'id="account-' },
]

/** The dashboard of an installation with 2,000 accounts and 500,000 messages. */
export const measureDashboard: Part = (servers) =>
  closingAfter(servers.onStop, async (onStop) => {
    const url = await ownDatabase(servers.databaseUrl, onStop)
    const { visit, queries } = await openSite({ log: createLogger('warn'), onStop }, url)
    const timings = []
    for (const page of PAGES) timings.push(await timePage(page, visit, queries))
    return printFigures(
      'the dashboard',
      timings.flatMap(({ page, times }) => [
        { name: `${page}, half within`, value: `${quantile(times, 0.5).toFixed(1)} ms` },
        {
          name: `${page}, 95 of 100 within`,
          value: `${quantile(times, 0.95).toFixed(1)} ms`,
          goal: atMost(GOAL_MS, quantile(times, 0.95), ' ms'),
        },
      ]),
    )
  })
