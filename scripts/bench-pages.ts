import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { availableParallelism, loadavg } from 'node:os'
import postgres from 'postgres'
import { ownDatabase } from '../src/bench/own-database.ts'
import { countQueries } from '../src/bench/query-counter.ts'
import { printTable } from '../src/bench/table.ts'
import { parseConfig, requireComplete } from '../src/config.ts'
import { sql } from '../src/db/drizzle.ts'
import { accountContext } from '../src/db/sealing.ts'
import { wallClock } from '../src/domain/clock.ts'
import { GMAIL_SCOPES, tokenFromGrant } from '../src/domain/token.ts'
import { freePort } from '../src/embedded/postgres.ts'
import { interruption, unlessInterrupted } from '../src/interruption.ts'
import { type Process, runProcess } from '../src/process.ts'
import { createQueueBackend, createRuntime, migrate, type Runtime } from '../src/runtime.ts'
import { signInLink, startWeb } from '../src/web-server.ts'

// How fast the pages are at volume: 2,000 accounts and 500,000 messages in a database of its own, the real web server,
// one visitor. The database is the embedded Postgres, or a new one on the server that TEST_DATABASE_URL names.
// Exit status: 0 every page met the goal, 1 some did not, 2 it could not be found out.

const GOAL_MS = 100
const WARM_UPS = 3
const REQUESTS = 30

type Page = {
  name: string
  path: string
  headers?: Record<string, string>
  form?: Record<string, string>
  status?: number
  /** What stands in its HTML, so that an empty page does not count as a quick one. */
  shows: string
}
type Result = { page: string; queries: Set<number>; first: number; times: number[]; bytes: number }

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

async function benchmark({ log, onStop }: Process, databaseUrl: string): Promise<Result[]> {
  await migrate({ DATABASE_URL: databaseUrl })
  const message = await seed(databaseUrl, onStop)
  const counter = await countQueries(databaseUrl)
  onStop(counter.close)
  const config = requireComplete(
    parseConfig({
      DATABASE_URL: counter.url,
      PORT: String(await freePort()),
      TOKEN_ENCRYPTION_KEYS: randomBytes(32).toString('base64'),
      GOOGLE_CLIENT_ID: 'bench',
      GOOGLE_CLIENT_SECRET: 'bench',
    }),
  )
  const runtime = createRuntime(config, wallClock, log)
  onStop(runtime.close)
  await sealTokens(runtime)
  const backend = createQueueBackend(config, log)
  onStop(backend.close)
  const web = await startWeb(config, runtime, backend)
  onStop(web.close)

  const visit = await signIn(config.BASE_URL, await signInLink(config, runtime))
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
  const results: Result[] = []
  for (const page of pages) results.push(await measure(page, visit, counter.queries))
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

/** Fills the database. @returns the id of a message in the middle of a conversation */
async function seed(databaseUrl: string, onStop: Process['onStop']): Promise<number> {
  const client = postgres(databaseUrl, { max: 1, onnotice: () => {} })
  onStop(() => client.end({ timeout: 0 }))
  const start = performance.now()
  await client.unsafe(await readFile(new URL('bench-pages.sql', import.meta.url), 'utf8'))
  // What the seed itself leaves to be written is not to be measured.
  await client`analyze`
  await client`checkpoint`
  const seconds = ((performance.now() - start) / 1000).toFixed(0)
  const [row] = await client`
    select (select count(*) from accounts) as accounts, (select count(*) from messages) as messages,
      (select count(*) from events) as events, (select count(*) from tasks) as tasks,
      (select max(id) from messages where turn = 2 and placement is not null) as message`
  await client.end()
  console.log(
    `${row?.accounts} accounts, ${row?.messages} messages, ${row?.events} events, ${row?.tasks} tasks in ${seconds} s\n`,
  )
  return Number(row?.message)
}

/** The seed's tokens are not sealed with this run's key. */
async function sealTokens({ db, sealer }: Runtime): Promise<void> {
  const accounts = await db.execute<{ id: number }>(sql`select id::int from accounts`)
  const token = JSON.stringify(
    tokenFromGrant(
      {
        accessToken: 't'.repeat(200),
        expiresInSeconds: 3599,
        refreshToken: 'r'.repeat(100),
        scope: GMAIL_SCOPES.join(' '),
        refreshTokenExpiresInSeconds: null,
      },
      { clientId: 'bench', clientSecret: 'bench', tokenUri: 'https://oauth2.googleapis.com/token' },
      wallClock.now(),
    ),
  )
  const ids = accounts.map(({ id }) => id)
  const sealed = ids.map((id) => sealer.seal(token, accountContext(id)))
  await db.execute(sql`
    update accounts set oauth_token = given.sealed
    from unnest(${sql.param(ids)}::bigint[], ${sql.param(sealed)}::text[]) given(id, sealed)
    where accounts.id = given.id`)
}

type Visit = (page: Page) => Promise<string>

async function measure(page: Page, visit: Visit, queries: () => number): Promise<Result> {
  const result: Result = { page: page.name, queries: new Set(), first: 0, times: [], bytes: 0 }
  for (let request = 0; request < WARM_UPS + REQUESTS; request += 1) {
    const before = queries()
    const start = performance.now()
    const html = await visit(page)
    const ms = performance.now() - start
    if (request === 0) result.first = ms
    if (request < WARM_UPS) continue
    result.times.push(ms)
    result.queries.add(queries() - before)
    result.bytes = Buffer.byteLength(html)
  }
  return result
}

function missesOf({ page, queries, times }: Result): string[] {
  const p95 = quantile(times, 0.95)
  return [
    ...(p95 > GOAL_MS ? [`${page}: a p95 of ${p95.toFixed(1)} ms, the goal is ${GOAL_MS} ms`] : []),
    ...(queries.size > 1 ? [`${page}: the number of queries changes from request to request`] : []),
  ]
}

/** A visitor with an operator's session, who sends forms with the token of the pages before. */
async function signIn(baseUrl: string, link: string): Promise<Visit> {
  const answer = await fetch(link, { redirect: 'manual' })
  // The session is saved between the answer's head and its end.
  await answer.text()
  const cookie = answer.headers.getSetCookie()[0]?.split(';')[0]
  if (answer.status !== 303 || !cookie) throw new Error(`the sign-in link answered with ${answer.status}`)
  let token = ''
  return async ({ name, path, headers, form, status = 200, shows }) => {
    const response = await fetch(new URL(path, baseUrl), {
      redirect: 'manual',
      headers: { ...headers, cookie },
      ...(form ? { method: 'POST', body: new URLSearchParams({ ...form, _csrf: token }) } : {}),
    })
    const html = await response.text()
    if (response.status !== status || !html.includes(shows))
      throw new Error(
        `${name}: expected ${status} and ${shows}, got ${response.status} and ${html.slice(0, 300)}`,
      )
    token = html.match(/name="_csrf" value="([^"]+)"/)?.[1] ?? token
    return html
  }
}

/** By the nearest rank. */
function quantile(times: readonly number[], q: number): number {
  return times.toSorted((a, b) => a - b)[Math.ceil(times.length * q) - 1] ?? Number.NaN
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MB`
}
