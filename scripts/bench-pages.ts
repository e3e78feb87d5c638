import { availableParallelism, loadavg } from 'node:os'
import { quantile } from '../src/bench/figures.ts'
import { ownDatabase } from '../src/bench/own-database.ts'
import { type Page, type Timing, timePage } from '../src/bench/page-timing.ts'
import { openSite } from '../src/bench/site.ts'
import { printTable } from '../src/bench/table.ts'
import { interruption, unlessInterrupted } from '../src/interruption.ts'
import { type Process, runProcess } from '../src/process.ts'

// How fast the pages are at volume: 2,000 accounts and 500,000 messages in a database of its own, the real web server,
// one visitor. The database is the embedded Postgres, or a new one on the server that TEST_DATABASE_URL names.
// Exit status: 0 every page met the goal, 1 some did not, 2 it could not be found out.

const GOAL_MS = 100

await runProcess(
  async (entry) => {
    const interrupted = interruption()
    const databaseUrl = await ownDatabase(entry.config.DATABASE_URL, entry.onStop)
    const results = await unlessInterrupted(benchmark(entry, databaseUrl), interrupted)
    const misses = results.flatMap(missesOf)
    for (const miss of misses) console.log(`MISSED ${miss}`)
    if (misses.length > 0) process.exitCode = 1
  },
  // Nothing of the machine's own instance gets in.
  ({ TEST_DATABASE_URL }) => ({ DATABASE_URL: TEST_DATABASE_URL, LOG_LEVEL: 'warn' }),
)

async function benchmark(entry: Process, databaseUrl: string): Promise<Timing[]> {
  const { visit, queries, message } = await openSite(entry, databaseUrl)
  const poll = { 'HX-Request': 'true' }
  // Account 2 has by far the most mail; account 6 had it once, and its newest is far back in history.
  const pages: Page[] = [
    { name: 'dashboard', path: '/', shows: 'id="account-' },
    { name: 'dashboard, poll', path: '/', headers: poll, shows: 'id="account-' },
    { name: 'dashboard, filtered', path: '/?q=sofia', shows: 'sofia.' },
    { name: 'dashboard, page 40', path: '/?page=40', shows: 'id="account-' },
    { name: 'account', path: '/accounts/2', shows: 'id="message-' },
    { name: 'account, silent since', path: '/accounts/6', shows: 'id="message-' },
    { name: 'account, poll', path: '/accounts/2', headers: poll, shows: 'id="message-' },
    {
      name: 'account, form with an error',
      path: '/accounts/2/settings',
      form: { dailyLimit: '0' },
      status: 422,
      shows: 'field-error',
    },
    { name: 'message', path: `/messages/${message}`, shows: `id="message-${message}"` },
    { name: 'mail', path: '/accounts/2/mail', shows: 'id="mail-' },
    { name: 'mail, of a class', path: '/accounts/2/mail?class=reply', shows: 'id="mail-' },
    { name: 'mail, searched in vain', path: '/accounts/2/mail?q=nobody', shows: 'rel="next"' },
    { name: 'handing on', path: '/routes', shows: 'id="handoff-' },
    { name: 'forecast', path: '/forecast', shows: 'id="outlook-title"' },
    { name: 'forecast, page 2', path: '/forecast?after=500', shows: 'rel="first"' },
    { name: 'unknown sends', path: '/unknown-sends', shows: 'rfc822msgid' },
    { name: 'failed', path: '/failed', shows: 'try-again' },
    { name: 'failed, filtered', path: '/failed?q=sofia&what=send', shows: 'sofia' },
    { name: 'notices', path: '/notices', shows: 'needs re-authentication' },
    { name: 'API keys', path: '/api-keys', shows: 'tokens:read' },
    { name: 'API', path: '/docs', shows: '/openapi.json' },
  ]
  const atRest = process.memoryUsage.rss()
  const results: Timing[] = []
  for (const page of pages) results.push(await timePage(page, visit, queries))
  const after = process.memoryUsage.rss()

  printTable([
    ['page', 'queries', 'first', 'median', 'p95', 'size'],
    ...results.map(({ page, queries, first, times, bytes }) => [
      page,
      [...queries].join(', '),
      ...[first, quantile(times, 0.5), quantile(times, 0.95)].map((ms) => `${ms.toFixed(1)} ms`),
      `${(bytes / 1024).toFixed(0)} kB`,
    ]),
  ])
  console.log(
    `\nmemory: ${megabytes(atRest)} at rest, ${megabytes(after)} after (rss, web server and visitor)`,
  )
  console.log(`load: ${loadavg()[0]?.toFixed(1)} on ${availableParallelism()} cores, Node ${process.version}`)
  return results
}

function missesOf({ page, queries, times }: Timing): string[] {
  const p95 = quantile(times, 0.95)
  return [
    ...(p95 > GOAL_MS ? [`${page}: a p95 of ${p95.toFixed(1)} ms, the goal is ${GOAL_MS} ms`] : []),
    ...(queries.size > 1 ? [`${page}: the number of queries changes from request to request`] : []),
  ]
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MB`
}
