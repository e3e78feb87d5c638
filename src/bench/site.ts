import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import postgres from 'postgres'
import { parseConfig, requireComplete } from '../config.ts'
import { sql } from '../db/drizzle.ts'
import { accountContext } from '../db/sealing.ts'
import { wallClock } from '../domain/clock.ts'
import { GMAIL_SCOPES, tokenFromGrant } from '../domain/token.ts'
import { freePort } from '../embedded/postgres.ts'
import type { Process } from '../process.ts'
import { createQueueBackend, createRuntime, migrate, type Runtime } from '../runtime.ts'
import { signInLink, startWeb } from '../web-server.ts'
import { signIn, type Visit } from './page-timing.ts'
import { countQueries } from './query-counter.ts'

/** The web server of a busy installation, 2,000 accounts and 500,000 messages, and an operator who has signed in. */
export type Site = {
  visit: Visit
  /** Queries of the web server so far. */
  queries(): number
  /** The id of a message in the middle of a conversation. */
  message: number
}

export async function openSite(
  { log, onStop }: Pick<Process, 'log' | 'onStop'>,
  databaseUrl: string,
): Promise<Site> {
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
  return { visit, queries: counter.queries, message }
}

/** Fills the database. @returns the id of a message in the middle of a conversation */
async function seed(databaseUrl: string, onStop: Process['onStop']): Promise<number> {
  const client = postgres(databaseUrl, { max: 1, onnotice: () => {} })
  onStop(() => client.end({ timeout: 0 }))
  const start = performance.now()
  await client.unsafe(await readFile(new URL('pages.sql', import.meta.url), 'utf8'))
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
