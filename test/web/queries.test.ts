import postgres from 'postgres'
import { expect, test } from 'vitest'
import { createDashboard } from '../../src/db/dashboard.ts'
import { drizzle, sql } from '../../src/db/drizzle.ts'
import { createSealer } from '../../src/db/sealing.ts'
import { createStore } from '../../src/db/store.ts'
import { loadAccountCharts } from '../../src/web/account-charts.ts'
import { loadAccountPage } from '../../src/web/account-page-view.ts'
import { loadDashboard } from '../../src/web/dashboard-view.ts'
import { loadForecast } from '../../src/web/forecast.ts'
import { loadHandingOn } from '../../src/web/handing-on-view.ts'
import { loadHealth } from '../../src/web/health-view.ts'
import { readMailQuery } from '../../src/web/mail-query.ts'
import { loadMail } from '../../src/web/mail-view.ts'
import { keepMail } from '../support/kept-mail.ts'
import { openWorld } from '../support/world.ts'

test('a page asks the database the same number of questions however many accounts there are', async () => {
  await using world = await openWorld()
  const asked: string[] = []
  const client = postgres(world.config.DATABASE_URL, { max: 1, debug: (_, query) => asked.push(query) })
  const db = drizzle(client)
  const dashboard = createDashboard(db)
  const store = createStore(db, createSealer(world.config.TOKEN_ENCRYPTION_KEYS))
  const queriesOf = async (load: () => Promise<unknown>) => {
    asked.length = 0
    await load()
    // The driver asks for the types of arrays once, by itself.
    return asked.filter((query) => !query.includes('pg_catalog')).length
  }
  try {
    const first = await world.connect('anna@sandbox.test')
    const loadFirst = () => loadDashboard(dashboard, world.clock.now(), {})
    await loadFirst()
    const alone = await queriesOf(loadFirst)
    for (const name of ['ben', 'cara', 'dmitri', 'elif'])
      await world.connect(`${name}@sandbox.test`, { kind: 'pool', timeZone: 'Asia/Tokyo' })
    expect([alone, await queriesOf(loadFirst)]).toEqual([5, 5])
    expect(await queriesOf(() => loadAccountPage(dashboard, first, world.clock.now()))).toBe(5)
    expect(await queriesOf(() => loadAccountCharts(store, first, world.clock.now()))).toBe(1)
    expect(await queriesOf(() => loadForecast({ store, clock: world.clock }, undefined))).toBe(3)
    expect(await queriesOf(() => dashboard.conversationOf(1))).toBe(1)
    expect(await queriesOf(() => dashboard.unknownSends({ limit: 50, before: null }))).toBe(1)
    expect(
      await queriesOf(() => dashboard.failedMessages({ what: null, text: 'a' }, { limit: 50, before: 9 })),
    ).toBe(1)
    await keepMail(
      db,
      first.id,
      Array.from({ length: 60 }, () => ({})),
    )
    await db.execute(sql`insert into mail_routes (name, target, destination, created_at)
      select 'route ' || n, 'queue', 'a', now() from generate_series(1, 9) n`)
    await db.execute(sql`insert into handoffs (route_id, account_id, email_message_id, state, created_at)
      select r.id, ${first.id}, m.id, 'dead', now() from mail_routes r, email_messages m`)
    const loadMails = (query: object) => () =>
      loadMail(store, first, readMailQuery({ ...query }), world.clock.now())
    expect(await queriesOf(loadMails({}))).toBe(3)
    expect(await queriesOf(loadMails({ q: 'mail' }))).toBe(4)
    const { warmup } = world.runtime
    expect(await queriesOf(() => loadHandingOn({ ...warmup, store }, {}))).toBe(2)
    await loadHealth(store, first, world.clock.now())
    expect(await queriesOf(() => loadHealth(store, first, world.clock.now()))).toBe(2)
    await store.accounts.steer(first.id, {
      health: 'watch',
      warmupDay: 9,
      restsUntil: null,
      evidenceFrom: null,
    })
    const grown = (await store.accounts.byId(first.id)) ?? first
    expect(await queriesOf(() => loadHealth(store, grown, world.clock.now()))).toBe(3)
  } finally {
    await client.end()
  }
})
