import { request } from 'node:http'
import { describe, expect, test } from 'vitest'
import { sql } from '../../src/db/drizzle.ts'
import { createLogger } from '../../src/logger.ts'
import { createMetrics } from '../../src/metrics/metrics.ts'
import { jobOf } from '../../src/queue/backend.ts'
import { createQueueBackend } from '../../src/runtime.ts'
import { pauseAccount } from '../../src/warmup/account-settings.ts'
import { openServed, type Served, valuesOf } from '../support/served.ts'
import { handWorker } from '../support/worker.ts'
import { BACKENDS } from '../support/world.ts'

const TOKEN = 'a token for the scraper'

async function connectPair({ world }: Served) {
  world.sandbox.control.forcePlacement('inbox')
  const always = { openRate: 1, replyRate: 1 }
  const anna = await world.connect('anna@example.com', { ...always, startVolume: 2, dailyIncrease: 0 })
  const ben = await world.connect('ben@example.org', { ...always, kind: 'pool' })
  return { anna, ben }
}

test('a scrape tells what a day of warmup was: tasks, calls of Google, quota, refreshes, accounts', async () => {
  await using served = await openServed()
  const { world } = served
  await connectPair(served)
  const before = valuesOf(await served.scrape())
  world.sandbox.control.addFault({ path: '/messages/', status: 503, count: 1 })
  await world.runUntil(new Date('2026-03-02T22:00:00Z'))
  const text = await served.scrape()
  const told = valuesOf(text)

  const tasks = [...told].filter(([name]) =>
    name.startsWith('kindling_tasks_total{kind="send",outcome="done"'),
  )
  expect(tasks).toEqual([['kindling_tasks_total{kind="send",outcome="done"}', 2]])
  expect(sumOf(told, /^kindling_tasks_total\{.*outcome="retry"/)).toBe(1)
  expect(told.get('kindling_task_lateness_seconds_count{kind="plan"}')).toBe(
    told.get('kindling_task_duration_seconds_count{kind="plan"}'),
  )

  const calls = world.sandbox.control.callCounts()
  for (const method of ['drafts.create', 'drafts.send', 'messages.modify'])
    expect({
      method,
      told: told.get(`kindling_google_calls_total{method="${method}",status="200"}`),
    }).toEqual({ method, told: calls[`gmail.users.${method}`] })
  expect(sumOf(told, /^kindling_google_calls_total\{.*status="503"/)).toBe(1)
  expect(told.get('kindling_google_calls_total{method="oauth.token",status="200"}')).toBeGreaterThan(2)
  const units = told.get('kindling_gmail_quota_units_total') ?? 0
  expect(units - (before.get('kindling_gmail_quota_units_total') ?? 0)).toBeGreaterThan(4 * 110)
  expect(told.get('kindling_token_refreshes_total{outcome="refreshed"}')).toBeGreaterThan(0)
  expect(told.get('kindling_accounts{kind="pool",status="active"}')).toBe(1)
  expect(told.get('kindling_store_up{store="postgres"}')).toBe(1)
  expect(told.get('kindling_queue_jobs{kind="send",state="waiting"}')).toBe(0)
  expect(told.get('process_resident_memory_bytes')).toBeGreaterThan(1e7)
  expect([...told.keys()].some((name) => name.startsWith('nodejs_eventloop_lag_p99_seconds'))).toBe(true)
  expect(text).not.toMatch(/@|example|account_?id/i)
})

const sumOf = (told: Map<string, number>, name: RegExp) =>
  [...told].filter(([key]) => name.test(key)).reduce((sum, [, value]) => sum + value, 0)

test('due tasks are told that somebody could begin now, and how long the longest due of them has waited', async () => {
  await using served = await openServed()
  const { world } = served
  const { anna } = await connectPair(served)
  const { store, clock } = world.runtime.warmup
  world.clock.pass(10 * 60_000)
  const figures = () => store.figures.all(clock.now())
  const waiting = async () => (await figures()).due.map(({ kind, count }) => ({ kind, count }))
  expect(await waiting()).toContainEqual({ kind: 'plan', count: 2 })
  const oldest = await store.figures.oldestDue(clock.now())
  expect(clock.now().getTime() - (oldest?.getTime() ?? 0)).toBeGreaterThanOrEqual(10 * 60_000)

  await pauseAccount(world.runtime.warmup, anna.id)
  expect(await waiting()).toContainEqual({ kind: 'plan', count: 1 })

  using worker = handWorker(world)
  const handouts = await worker.handOut('plan')
  expect(await waiting()).toContainEqual({ kind: 'plan', count: 1 })
  const [handout] = handouts
  if (!handout) throw new Error('nothing was handed out')
  await store.tasks.start(handout, 'a run', { now: clock.now(), leaseSeconds: 30 })
  expect(await waiting()).toEqual([])
  expect(await store.figures.oldestDue(clock.now())).toBeNull()
  await store.tasks.handBack(['a run'])
})

test.each(BACKENDS)('jobs that no worker takes are counted in the queue’s store: %s', async (store) => {
  await using served = await openServed({ backend: store })
  const backend = createQueueBackend(served.world.config, createLogger('silent'))
  const queue = backend.queue('send')
  const jobs = [1, 2, 3].map((taskId) => jobOf({ taskId, kind: 'send', handout: 1 }))
  await queue.addBulk(jobs)
  const told = valuesOf(await served.scrape())
  expect(told.get('kindling_queue_jobs{kind="send",state="waiting"}')).toBe(3)
  expect(told.get('kindling_queue_jobs{kind="open",state="waiting"}')).toBe(0)
  await queue.close()
  await backend.close()
})

describe('what a store that is away leaves out', () => {
  test('is its figures, not the rest: it is said to be down, and nothing old is told as if it were so', async () => {
    const metrics = createMetrics(1)
    let isUp = true
    metrics.addFigures({
      clock: { now: () => new Date() },
      store: async () => {
        if (!isUp) throw new Error('connect ECONNREFUSED')
        return { accounts: [{ kind: 'pool', status: 'active', count: 3 }], unknownSends: 1, due: [] }
      },
      queue: () => new Promise(() => {}),
    })
    const up = valuesOf(await metrics.text())
    expect(up.get('kindling_accounts{kind="pool",status="active"}')).toBe(3)
    expect(up.get('kindling_store_up{store="queue"}')).toBe(0)
    isUp = false
    await expect
      .poll(async () => valuesOf(await metrics.text()).get('kindling_store_up{store="postgres"}'), {
        timeout: 10_000,
        interval: 200,
      })
      .toBe(0)
    const text = await metrics.text()
    expect(text).not.toMatch(
      /^kindling_(accounts|unknown_sends|tasks_due|oldest_due_task_seconds|queue_jobs)[{ ]/m,
    )
    expect(text).toContain('kindling_tasks_total')
  })
})

describe('who is told', () => {
  const ask = (url: string, headers: Record<string, string>) =>
    new Promise<number>((resolve) => {
      request(`${url}/metrics`, { headers }, (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      }).end()
    })

  test('is this machine alone where there is no token: not who comes through a proxy on it', async () => {
    await using served = await openServed()
    expect(await ask(served.url, {})).toBe(200)
    expect(await ask(served.url, { host: 'localhost:3000' })).toBe(200)
    expect(await ask(served.url, { host: 'warmup.example.com' })).toBe(403)
    expect(await ask(served.url, { host: 'localhost.example.com' })).toBe(403)
  })

  test('is who knows the token, wherever from, where there is one', async () => {
    await using served = await openServed({ environment: { METRICS_TOKEN: TOKEN } })
    expect(await ask(served.url, {})).toBe(401)
    expect(await ask(served.url, { authorization: `Bearer ${TOKEN}x` })).toBe(401)
    expect(await ask(served.url, { authorization: `Bearer ${TOKEN}`, host: 'warmup.example.com' })).toBe(200)
  })
})

describe('readyz', () => {
  const readiness = async ({ url }: Served) => {
    const answer = await fetch(`${url}/readyz`)
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }

  test('tells of Postgres, migrations, the queue and the tasks', async () => {
    await using served = await openServed()
    expect(await readiness(served)).toEqual({
      status: 200,
      body: {
        status: 'ok',
        parts: { postgres: 'ok', migrations: 'ok', queue: 'ok', tasks: 'ok' },
        oldest_due_task_seconds: 0,
      },
    })
    await connectPair(served)
    served.world.clock.pass(10 * 60_000)
    expect(await readiness(served)).toMatchObject({ status: 200, body: { status: 'late' } })
  })

  test('is not ready while the database lacks a step, and is once that is taken', async () => {
    await using served = await openServed()
    const { db } = served.world.runtime
    const taken = await db.execute<{ hash: string; created_at: string }>(sql`
      delete from drizzle.__drizzle_migrations
      where created_at = (select max(created_at) from drizzle.__drizzle_migrations) returning hash, created_at`)
    expect(await readiness(served)).toMatchObject({
      status: 503,
      body: { parts: { migrations: 'the database is older than this version: run npm run migrate' } },
    })
    for (const { hash, created_at } of taken)
      await db.execute(
        sql`insert into drizzle.__drizzle_migrations (hash, created_at) values (${hash}, ${created_at})`,
      )
    expect(await readiness(served)).toMatchObject({ status: 200, body: { parts: { migrations: 'ok' } } })
  })

  test('is not ready without the queue’s tables', async () => {
    await using served = await openServed()
    await served.world.runtime.db.execute(sql`alter schema bullmq rename to elsewhere`)
    expect(await readiness(served)).toMatchObject({
      status: 503,
      body: { parts: { postgres: 'ok', queue: 'does not answer' } },
    })
    await served.world.runtime.db.execute(sql`alter schema elsewhere rename to bullmq`)
  })
})
