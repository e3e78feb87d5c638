import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, connect as dial } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, type Database } from '../../src/db/connection.ts'
import { sql } from '../../src/db/drizzle.ts'
import { DEFAULT_ENGINE } from '../../src/domain/engine.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { READY } from '../support/kills/postgres-messages.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())

test('a connection that breaks in its first moments is an error of who asked, and no process ends of it', async () => {
  const unhandled: unknown[] = []
  const note = (reason: unknown) => void unhandled.push(reason)
  process.on('unhandledRejection', note)
  const target = new URL(database.url)
  const { port, hostname } = target
  // The server says that it is ready; what it is asked first it never hears.
  const relay = createServer((client) => {
    const server = dial(Number(port), hostname)
    server.on('error', () => {})
    client.on('error', () => {})
    let isReady = false
    client.on('data', (chunk) => (isReady ? client.destroy() : server.write(chunk)))
    server.on('data', (chunk) => {
      isReady ||= chunk.includes(READY)
      client.write(chunk)
    })
    client.on('close', () => server.destroy())
  })
  relay.listen(0, '127.0.0.1')
  await once(relay, 'listening')
  target.port = String((relay.address() as AddressInfo).port)
  const { db, close } = connect(target.href, { poolSize: 1 })
  await expect(db.execute(sql`select 1`)).rejects.toThrow()
  await close()
  relay.close()
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
})

test('arrays are written and read as they are', async () => {
  const { db, close } = connect(database.url, { poolSize: 1 })
  const words = ['plain', 'a, b', '"quoted"', 'back\\slash', '{braces}', '', 'NULL', 'Grüße']
  const [row] = await db.execute(sql`
    select ${sql.param(words)}::text[] as words, ${sql.param([1, 2])}::int[] as numbers,
      ${sql.param([3, 4])}::bigint[] as ids, array[true, false] as answers,
      '{}'::text[] as none, array['a', null] as gaps, ${sql.param([0.5])}::float8[] as shares`)
  await close()
  expect(row).toEqual({
    words,
    numbers: [1, 2],
    ids: ['3', '4'],
    answers: [true, false],
    none: [],
    gaps: ['a', null],
    shares: [0.5],
  })
})

test('a process that stops in the middle of a transaction is ended by the server', async () => {
  const { db, close } = connect(database.url, { poolSize: 1 })
  const [row] = await db.execute(sql`show idle_in_transaction_session_timeout`)
  await close()
  expect(row).toEqual({ idle_in_transaction_session_timeout: '20s' })
})

test('a transaction whose connection is lost fails, and its pool goes on', async () => {
  const unhandled: unknown[] = []
  const note = (reason: unknown) => void unhandled.push(reason)
  for (const event of ['unhandledRejection', 'uncaughtException'] as const) process.on(event, note)
  const { db, close } = connect(database.url, { poolSize: 1 })
  const other = connect(database.url, { poolSize: 1 })
  for (let times = 0; times < 10; times += 1) {
    let pid = 0
    const lost = db.transaction(async (tx) => {
      const [row] = await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`)
      pid = row?.pid ?? 0
      await tx.execute(sql`update engine_settings set rest_days = 99`)
      await tx.execute(sql`select pg_sleep(60)`)
    })
    lost.catch(() => {})
    await expect.poll(() => isAsleep(other.db, pid)).toBe(true)
    await other.db.execute(sql`select pg_terminate_backend(${pid}::int)`)
    await expect(lost).rejects.toThrow()
    await expect.poll(() => db.execute(sql`select 1 as one`).catch(() => [])).toEqual([{ one: 1 }])
  }
  const [settings] = await db.execute(sql`select rest_days from engine_settings`)
  expect(settings).toEqual({ rest_days: DEFAULT_ENGINE.restDays })
  await close()
  await other.close()
  for (const event of ['unhandledRejection', 'uncaughtException'] as const) process.off(event, note)
  expect(unhandled).toEqual([])
})

/** @param onLoss called with the error before the driver rolls back */
async function loseTransaction(db: Database, onLoss: () => void): Promise<{ lose(): Promise<void> }> {
  const other = connect(database.url, { poolSize: 1 })
  let pid = 0
  const lost = db.transaction(async (tx) => {
    const [row] = await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`)
    pid = row?.pid ?? 0
    await tx.execute(sql`select pg_sleep(60)`).catch((error) => {
      onLoss()
      throw error
    })
  })
  lost.catch(() => {})
  await expect.poll(() => isAsleep(other.db, pid)).toBe(true)
  return {
    async lose() {
      await other.db.execute(sql`select pg_terminate_backend(${pid}::int)`)
      await other.close()
      await expect(lost).rejects.toThrow()
    },
  }
}

test('what waits for the connection of a transaction is answered when that is lost, however busy the process is', async () => {
  const { db, close } = connect(database.url, { poolSize: 1 })
  const { lose } = await loseTransaction(db, () => {
    // The driver connects anew for who waits before it rolls back what is lost.
    const until = performance.now() + 100
    while (performance.now() < until);
  })
  const waiting = db.execute(sql`select 1 as one`)
  await lose()
  expect(await waiting).toEqual([{ one: 1 }])
  await close()
})

test('a pool that has lost a transaction has nothing left to wait for when it is closed', async () => {
  const { db, close } = connect(database.url, { poolSize: 1 })
  const { lose } = await loseTransaction(db, () => {})
  await lose()
  await new Promise((resolve) => setImmediate(resolve))
  const begun = performance.now()
  await close()
  // What is under way is waited for for five seconds.
  expect(performance.now() - begun).toBeLessThan(4000)
})

async function isAsleep(db: Database, pid: number): Promise<boolean> {
  const rows = await db.execute(
    sql`select from pg_stat_activity where pid = ${pid}::int and wait_event = 'PgSleep'`,
  )
  return rows.length > 0
}
