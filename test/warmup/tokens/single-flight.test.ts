import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { sql } from '../../../src/db/drizzle.ts'
import { createRuntime } from '../../../src/runtime.ts'
import {
  type AuthenticateAndUpdateToken,
  createAuthenticator,
} from '../../../src/warmup/authenticate-and-update-token.ts'
import { startTokenProcess } from '../../support/token-process.ts'
import {
  changeStoredToken,
  connectMany,
  onTokenRequests,
  refreshesOf,
  storedToken,
} from '../../support/tokens.ts'
import { openWorld, type World } from '../../support/world.ts'

const EMAIL = 'anna@example.com'
const MINUTE = 60_000
const HOUR = 60 * MINUTE

async function openConnected() {
  const world = await openWorld()
  const account = await world.connect(EMAIL, { kind: 'pool' })
  return { world, account }
}

describe('authenticateAndUpdateToken', () => {
  test('hands out a token that is valid for more than a quarter of an hour as it is', async () => {
    const { world, account } = await openConnected()
    await using _ = world
    world.clock.pass(HOUR - 16 * MINUTE)
    expect(await world.runtime.warmup.authenticateAndUpdateToken(account.id)).toMatchObject({
      refreshed: false,
    })
    expect(refreshesOf(world)).toBe(0)
  })

  test('refreshes one that expires within five minutes, and has committed it before it is used', async () => {
    const { world, account } = await openConnected()
    await using _ = world
    world.clock.pass(HOUR - 4 * MINUTE)
    const { accessToken, refreshed } = await world.runtime.warmup.authenticateAndUpdateToken(account.id)
    expect(refreshed).toBe(true)
    expect(await storedToken(world, account.id)).toMatchObject({ access_token: accessToken })
  })

  test('refreshes once, however many tasks in however many processes ask at the same time', async () => {
    const { world, account } = await openConnected()
    await using _ = world
    const others = [1, 2, 3].map(() => createRuntime(world.config, world.clock, world.runtime.warmup.log))
    const ask: AuthenticateAndUpdateToken[] = [world.runtime, ...others].map(({ warmup }) =>
      createAuthenticator(warmup),
    )
    world.clock.pass(2 * HOUR)
    onTokenRequests(world, { count: 1, delayMs: 200 })
    const tokens = await Promise.all(Array.from({ length: 200 }, (_, i) => ask[i % ask.length]?.(account.id)))
    expect(new Set(tokens.map((token) => token?.accessToken)).size).toBe(1)
    expect(refreshesOf(world)).toBe(1)
    for (const { close } of others) await close()
  })

  test('refreshes once where four processes of the operating system have 200 tasks each', async () => {
    // A process of its own lives in the wall's time, and so must its tokens.
    await using world = await openWorld({ start: new Date().toISOString() })
    const account = await world.connect(EMAIL, { kind: 'pool' })
    await changeStoredToken(world, account.id, { expiry: new Date(0).toISOString() })
    const requests = onTokenRequests(world, { delayMs: 100 })
    const processes = await Promise.all(Array.from({ length: 4 }, () => startTokenProcess(world)))
    const tokens = await Promise.all(processes.map((child) => child.ask(account.id, 200)))
    expect(new Set(tokens.flat())).toEqual(new Set([(await storedToken(world, account.id)).access_token]))
    expect(requests.count()).toBe(1)
    for (const child of processes) await child[Symbol.asyncDispose]()
  })

  test.each([true, false])(
    'keeps up with refresh tokens that Google rotates: %s',
    async (rotateRefreshTokens) => {
      const { world, account } = await openConnected()
      await using _ = world
      world.sandbox.control.setOptions({ rotateRefreshTokens })
      const first = await storedToken(world, account.id)
      for (let i = 0; i < 3; i += 1) {
        world.clock.pass(2 * HOUR)
        await world.runtime.warmup.authenticateAndUpdateToken(account.id)
      }
      const last = await storedToken(world, account.id)
      expect(last.refresh_token === first.refresh_token).toBe(!rotateRefreshTokens)
      expect(last.obtained_at).toBe(first.obtained_at)
    },
  )
})

test('a process that dies leaves the right to refresh to others 45 seconds after it took it', async () => {
  const { world, account } = await openConnected()
  await using _ = world
  const { warmup, db } = world.runtime
  world.clock.pass(2 * HOUR)
  const requests = onTokenRequests(world, { count: 1, delayMs: 300 })
  const asked = warmup.authenticateAndUpdateToken(account.id)
  await expect.poll(() => requests.count()).toBe(1)
  const [row] = await db.execute<{ left: number }>(
    sql`select extract(epoch from refresh_until - clock_timestamp())::float8 as left from accounts`,
  )
  expect(row?.left).toBeGreaterThan(40)
  expect(row?.left).toBeLessThanOrEqual(45)
  const { version } = await asked

  world.clock.pass(2 * HOUR)
  const begun = performance.now()
  expect(await warmup.store.tokens.leaseRefresh(account.id, version, 'a process that dies', 0.3)).toBe(true)
  expect(await warmup.authenticateAndUpdateToken(account.id)).toMatchObject({ refreshed: true })
  expect(performance.now() - begun).toBeGreaterThan(250)
})

test('while Google takes its time, no connection to the database is busy or in a transaction', async () => {
  await using world = await openWorld()
  const ids = await connectMany(world, 100)
  world.clock.pass(2 * HOUR)
  const requests = onTokenRequests(world, { delayMs: 1500 })
  const asked = ids.map((id) => world.runtime.warmup.authenticateAndUpdateToken(id))
  while (requests.count() < 20) await delay(10)
  let busy = await busyConnections(world)
  while (busy > 0 && requests.count() === 20) busy = await busyConnections(world)
  expect({ busy, requests: requests.count() }).toEqual({ busy: 0, requests: 20 })
  world.sandbox.control.clearFaults()
  await Promise.all(asked)
})

describe('a thousand accounts', () => {
  const COUNT = 1000

  test('whose tokens end together are refreshed once each, by two processes, while no connection waits for Google; from then on the refreshes spread', async () => {
    await using world = await openWorld()
    const ids = await connectMany(world, COUNT)
    const other = createRuntime(world.config, world.clock, world.runtime.warmup.log)
    world.clock.pass(2 * HOUR)

    const requests = onTokenRequests(world, { delayMs: 150 })
    const asked = [world.runtime, other].flatMap(({ warmup }) =>
      ids.map((id) => warmup.authenticateAndUpdateToken(id)),
    )
    const watched = watchConnections(world, asked)
    const tokens = await Promise.all(asked)
    expect(requests.count()).toBe(COUNT)
    expect(refreshesOf(world)).toBe(COUNT)
    expect(new Set(tokens.map(({ accessToken }) => accessToken)).size).toBe(COUNT)
    const { looks, idleInTransaction } = await watched
    expect(looks).toBeGreaterThan(5)
    expect(idleInTransaction).toBe(0)
    await other.close()

    world.sandbox.control.clearFaults()
    await expectSpread(world, ids)
  }, 180_000)
})

/** Those that work on a statement, or wait for the next one of their transaction. */
async function busyConnections({ runtime }: World): Promise<number> {
  const [row] = await runtime.db.execute<{ busy: number }>(sql`
    select count(*)::int as busy from pg_stat_activity
    where datname = current_database() and state <> 'idle' and pid <> pg_backend_pid()`)
  return row?.busy ?? 0
}

/** How many connections are seen to wait inside a transaction, until what was asked has been answered. */
async function watchConnections({ runtime }: World, asked: Promise<unknown>[]) {
  let settled = false
  void Promise.allSettled(asked).then(() => {
    settled = true
  })
  const seen = { looks: 0, idleInTransaction: 0 }
  while (!settled) {
    const [row] = await runtime.db.execute<{ waiting: number }>(sql`
      select count(*)::int as waiting from pg_stat_activity
      where datname = current_database() and state like 'idle in transaction%'`)
    seen.looks += 1
    seen.idleInTransaction += row?.waiting ?? 0
    await delay(20)
  }
  return seen
}

/** Asks for every token in every minute of its last quarter of an hour. */
async function expectSpread(world: World, ids: readonly number[]) {
  const { authenticateAndUpdateToken } = world.runtime.warmup
  const perMinute: number[] = []
  world.clock.pass(44 * MINUTE)
  for (let minute = 44; minute < 57; minute += 1) {
    const before = refreshesOf(world)
    for (const { expiresAt } of await Promise.all(ids.map((id) => authenticateAndUpdateToken(id))))
      expect(expiresAt.getTime()).toBeGreaterThan(world.clock.now().getTime())
    perMinute.push(refreshesOf(world) - before)
    world.clock.pass(MINUTE)
  }
  expect(perMinute.reduce((sum, count) => sum + count)).toBe(ids.length)
  expect(perMinute[0]).toBe(0)
  expect(perMinute.filter((count) => count > 0).length).toBeGreaterThanOrEqual(10)
  expect(Math.max(...perMinute)).toBeLessThanOrEqual(ids.length * 0.2)
}
