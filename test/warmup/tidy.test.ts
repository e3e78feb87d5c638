import { expect, test } from 'vitest'
import { createDashboard } from '../../src/db/dashboard.ts'
import { sql } from '../../src/db/drizzle.ts'
import { DEFAULT_ENGINE } from '../../src/domain/engine.ts'
import { localDateOf, localDay } from '../../src/domain/local-time.ts'
import { tidyHistory } from '../../src/warmup/tidy-history.ts'
import { loadAccountCharts } from '../../src/web/account-charts.ts'
import { loadDashboard } from '../../src/web/dashboard-view.ts'
import { loadForecast } from '../../src/web/forecast.ts'
import { loadHealth } from '../../src/web/health-view.ts'
import { messagesOf } from '../support/agreement.ts'
import { handWorker } from '../support/worker.ts'
import { openWorld, type World } from '../support/world.ts'

const KEPT_DAYS = 16
const DAY_MS = 86_400_000

/** All that is counted, judged, forecast, and planned from. */
async function allThatIsTold({ runtime: { warmup, db }, clock }: World) {
  const { store } = warmup
  const now = clock.now()
  const dashboard = createDashboard(db)
  const { events: _, ...front } = await loadDashboard(dashboard, now, {})
  const accounts = await store.accounts.all()
  const told = []
  for (const account of accounts) {
    const day = localDateOf(now, account.timeZone)
    const window = localDay(day, account.timeZone)
    told.push({
      email: account.email,
      figures: await dashboard.figuresOf(account.id),
      placement: await store.placementCounts.of(account.id),
      texts: await store.textUses.of(account.id),
      charts: await loadAccountCharts(store, account, now),
      health: await loadHealth(store, account, now),
      planFacts: {
        sent: await store.messages.sentSince(account.id, window.start),
        waiting: await store.messages.waiting(account.id),
        partners: (
          await store.partners.find({
            senderId: account.id,
            day,
            window,
            memoryDays: 14,
            from: 0,
            atMost: 100,
          })
        ).toSorted((a, b) => a.accountId - b.accountId),
      },
    })
  }
  return { front, told, forecast: await loadForecast({ store, clock }, undefined) }
}

/** Of each account what is kept one by one, what is kept by the day, and what was counted in all. */
async function sums({ runtime: { db } }: World) {
  return db.execute<{ name: string; kept: number; rolled: number; counted: number }>(sql`
    with kept as (
      select sender_id as id, 'sent' as name from messages where state = 'sent'
      union all select recipient_id, 'received' from messages where placement not in ('trash', 'missing', 'bounced')
      union all select recipient_id, 'opened' from messages where opened_at is not null
      union all select recipient_id, 'rescued' from messages where rescued_at is not null
    ), rolled as (
      select account_id as id, name, sum(mails)::int as mails from rolled_up_days,
        lateral (values ('sent', sent), ('received', received), ('opened', opened), ('rescued', rescued)) each(name, mails)
        group by 1, 2
    ), counted as (
      select account_id as id, name, mails from account_counts,
        lateral (values ('sent', sent), ('received', received), ('opened', opened), ('rescued', rescued)) each(name, mails)
    )
    select c.name, c.mails as counted, coalesce(r.mails, 0)::int as rolled,
      (select count(*)::int from kept k where k.id = c.id and k.name = c.name) as kept
    from counted c left join rolled r on r.id = c.id and r.name = c.name order by c.id, c.name`)
}

test('a roll-up takes old conversations away and changes nothing that is told, judged, forecast or planned', async () => {
  await using world = await openWorld({ start: '2026-03-02T06:00:00Z' })
  const { runtime, clock, sandbox } = world
  const { store } = runtime.warmup
  await store.engine.update({ ...DEFAULT_ENGINE, keepMailDays: KEPT_DAYS, keepEventDays: KEPT_DAYS })
  const ramp = { startVolume: 4, dailyIncrease: 0, replyRate: 1 }
  for (const [name, kind, timeZone] of [
    ['anna', 'warmup', 'Asia/Tokyo'],
    ['ben', 'warmup', 'America/New_York'],
    ['cara', 'pool', 'UTC'],
    ['dmitri', 'pool', 'Europe/Berlin'],
  ] as const)
    await world.connect(`${name}@sandbox.test`, { ...ramp, kind, timeZone })
  await world.runUntil(new Date('2026-03-05T06:00:00Z'))
  // The first day is old now, and what was planned since waits.
  clock.pass(15 * DAY_MS)

  const before = await allThatIsTold(world)
  const sumsBefore = await sums(world)
  const messagesBefore = await messagesOf(runtime)
  await runTidy(world)

  const messages = await messagesOf(runtime)
  const gone = messagesBefore.length - messages.length
  expect([gone > 10, messages.length > 10]).toEqual([true, true])
  expect(await allThatIsTold(world)).toEqual(before)
  const sumsAfter = await sums(world)
  expect(sumsAfter.reduce((sum, { rolled }) => sum + rolled, 0)).toBeGreaterThan(gone)
  for (const [i, { counted, kept, rolled }] of sumsAfter.entries())
    expect([counted, kept + rolled]).toEqual([sumsBefore[i]?.counted, sumsBefore[i]?.kept])

  // What is under way goes on to its end, and nothing that is gone happens again.
  await world.runUntil(new Date(clock.now().getTime() + DAY_MS))
  const sent = sandbox.control.ledger().flatMap((fact) => (fact.kind === 'sent' ? [fact.rfcMessageId] : []))
  expect(new Set(sent).size).toBe(sent.length)
  for (const { counted, kept, rolled } of await sums(world)) expect(kept + rolled).toBe(counted)
}, 120_000)

test('a run that is cut off leaves the rest to the next one, and what is tidy is looked at a day later', async () => {
  await using world = await openWorld()
  const { runtime, clock } = world
  const { store } = runtime.warmup
  const old = {
    kind: 'engine_changed',
    at: new Date(clock.now().getTime() - 1000 * DAY_MS),
    accountId: null,
  } as const
  await store.events.add(old)
  const tidy = (signal: AbortSignal) => tidyHistory(runtime.warmup, DEFAULT_ENGINE, signal)
  const events = () => runtime.db.execute(sql`select from events`)
  const inMs = (ms: number) => new Date(clock.now().getTime() + ms)
  expect(await tidy(AbortSignal.abort())).toMatchObject({ kind: 'again', at: inMs(10_000) })
  expect(await events()).toHaveLength(1)
  expect(await tidy(new AbortController().signal)).toMatchObject({ kind: 'again', at: inMs(DAY_MS) })
  expect(await events()).toHaveLength(0)
})

async function runTidy(world: World): Promise<void> {
  const { db } = world.runtime
  await db.execute(sql`update tasks set due_at = ${world.clock.now().toISOString()} where kind = 'tidy'`)
  using worker = handWorker(world)
  const [handout] = await worker.handOut('tidy')
  expect(await worker.run(handout)).toBe('again')
}
