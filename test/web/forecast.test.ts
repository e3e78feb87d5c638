import type { SQL } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { sql } from '../../src/db/drizzle.ts'
import { openSite } from './site.ts'
import { textOf } from './visitor.ts'

test('the forecast says what the pool has room for, and what is missing from when on', async () => {
  await using site = await openSite()
  const { world } = site
  const operator = await site.operator()
  await world.connect('anna@sandbox.test', { dailyLimit: 30 })
  await world.connect('ben@sandbox.test', { kind: 'pool', dailyLimit: 12 })
  const page = await operator.get('/forecast')
  const words = textOf(page)
  expect(words).toContain('1 active warmup account, and 1 active pool account with room for 12 mails a day')
  expect(words).toContain(
    'From 2026-03-06 on the pool is too small: at the most 18 mails a day are missing, the room of 2 more pool accounts.',
  )
  // The table behind the chart: the first Monday, and the first day with more than there is room for.
  expect(page.html).toMatch(/2026-03-02<\/th><td data-value="5">5<\/td><td data-value="12">/)
  expect(page.html).toMatch(/2026-03-06<\/th><td data-value="13">/)

  await world.connect('cara@sandbox.test', { kind: 'pool', dailyLimit: 50 })
  expect(textOf(await operator.get('/forecast'))).toContain('The pool has room for all that is planned.')
})

test('an account’s page shows what was sent beside what is planned, with the day on which it is done', async () => {
  await using site = await openSite()
  const { world } = site
  world.sandbox.control.forcePlacement('inbox')
  const anna = await world.connect('anna@sandbox.test', {
    dailyLimit: 7,
    dailyVariation: 0.1,
    maintenanceVolume: 3,
  })
  const ben = await world.connect('ben@sandbox.test', { kind: 'pool', replyRate: 0, openRate: 0 })
  await world.runUntil(new Date('2026-03-03T06:00:00Z'))
  const operator = await site.operator()
  const page = await operator.get(`/accounts/${anna.id}`)
  expect(textOf(page)).toContain(
    'If all goes well it reaches 7 mails a day on 2026-03-03; from 2026-03-12 on it is kept at 3.',
  )
  // Begun, replies, allowed by the ramp, by chance from, to, limit: the first day as it was, the third as it is expected.
  expect(rowOf(page.html, '2026-03-02')).toEqual(['5', '0', '5', '', '', '7'])
  expect(rowOf(page.html, '2026-03-04')).toEqual(['', '', '7', '6', '7', '7'])
  expect(rowOf(page.html, '2026-03-07')).toBe(null)
  expect(textOf(page)).toContain('Where its mail was found')
  expect(textOf(page)).toContain('Health on the days that were planned Healthy 2026-03-02')

  const pool = textOf(await operator.get(`/accounts/${ben.id}`))
  expect(pool).not.toMatch(/[Ii]f all goes well|Allowed by the ramp/)
})

test('an account’s page says what its ramp comes to, wherever it stands', async () => {
  await using site = await openSite()
  const { world } = site
  const anna = await world.connect('anna@sandbox.test', { dailyLimit: 7, maintenanceVolume: 3 })
  const operator = await site.operator()
  const { db } = world.runtime
  const wordsWhere = async (change: SQL) => {
    await db.execute(sql`update accounts set ${change} where id = ${anna.id}`)
    return textOf(await operator.get(`/accounts/${anna.id}`))
  }
  expect(await wordsWhere(sql`warmup_day = 3, last_planned_on = '2026-02-27'`)).toContain(
    'It has reached its full volume of 7 mails a day; from 2026-03-09 on it is kept at 3.',
  )
  expect(await wordsWhere(sql`warmup_day = 20`)).toContain('Its ramp is done: it is kept at 3 mails a day.')
  expect(await wordsWhere(sql`rests_until = '2026-03-04', health = 'paused'`)).toContain(
    'It rests until 2026-03-04, and then begins anew. If all goes well it reaches 7 mails a day on 2026-03-06;',
  )
  expect(
    await wordsWhere(
      sql`status = 'paused', rests_until = null, ramp = 'gentle', daily_limit = 2000, warmup_day = 1`,
    ),
  ).toContain('As if it went on today. It does not reach 2000 mails a day within 400 days.')
  expect(await wordsWhere(sql`ramp = 'own', start_volume = 4, daily_increase = 0`)).toContain(
    'With these settings its volume stays at 4 mails a day and never reaches the daily limit.',
  )
})

test('the forecast lists how far every account is, fifty at a time, with a page’s worth of questions', async () => {
  await using site = await openSite()
  const { runtime } = site.world
  await runtime.db.execute(sql`
    with made as (
      insert into accounts (google_user_id, email, kind, status, open_rate, reply_rate, daily_limit, start_volume,
        daily_increase, daily_variation, time_zone, warmup_day, connected_at, rests_until)
      select n::text, case when n = 1 then '<b>x</b>@x.test' else 'box' || n || '@x.test' end, 'warmup', 'active', 0.8, 0.5,
        case when n = 2 then 9 else 50 end, 5, case when n = 3 then 0 else 2 end, 0, 'UTC',
        case when n = 4 then 90 when n = 5 then 26 else 0 end, now(), case when n = 6 then date '2026-03-09' end
      from generate_series(1, 60) n returning id
    ) insert into account_counts (account_id) select id from made`)
  const operator = await site.operator()
  const first = await operator.get('/forecast')
  expect(first.html).not.toContain('<b>x')
  expect(rowOf(first.html, 'box2@x.test')).toEqual(['1', '5', '2026-03-04', '2026-03-13'])
  expect(rowOf(first.html, 'box3@x.test')).toEqual(['1', '5', 'never', 'never'])
  expect(rowOf(first.html, 'box4@x.test')).toEqual(['91', '20', 'reached', 'done'])
  expect(rowOf(first.html, 'box5@x.test')).toEqual(['27', '50', 'reached', '2026-03-06'])
  expect(rowOf(first.html, 'box6@x.test')?.[1]).toBe('rests until 2026-03-09')
  expect([rowOf(first.html, 'box50@x.test'), rowOf(first.html, 'box51@x.test')]).toEqual([
    expect.anything(),
    null,
  ])
  const next = /href="(\/forecast\?after=\d+)#/.exec(first.html)?.[1] ?? ''
  const second = await operator.get(next)
  expect([rowOf(second.html, 'box50@x.test'), rowOf(second.html, 'box51@x.test')]).toEqual([
    null,
    expect.anything(),
  ])
  expect(second.html).not.toContain('rel="next"')
  expect((await operator.get('/forecast?after=%00x')).html).toContain('rel="next"')
})

test('a message’s page says why it was planned so, and why its recipient did what it did', async () => {
  await using site = await openSite()
  const { world } = site
  world.sandbox.control.forcePlacement('spam')
  await world.connect('anna@sandbox.test', { startVolume: 1 })
  await world.connect('ben@sandbox.test', { kind: 'pool', replyRate: 1, openRate: 1 })
  await world.runUntil(new Date('2026-03-03T06:00:00Z'))
  const words = textOf(await (await site.operator()).get('/messages/1'))
  expect(words).toContain('How many: day 1 of the ramp allowed 1 conversation; this is number 1 of the 1')
  expect(words).toContain('To whom: this pair had not met lately')
  expect(words).toContain('Out of spam: yes at a rate of 100 %')
  expect(words).toContain('Answer: yes at a rate of 100 %')
  expect(words).toMatch(/Drawn once more from the seed \d+ and turn 1, all of it comes out the same\./)
  expect(words).toMatch(
    /It answers turn 1, which was dealt with on \w+, 2 Mar 2026, \d\d:\d\d UTC\. .* chance made it \d+ minutes/,
  )
})

test('a message of an older version says that nothing was recorded, and what was recorded is text, never markup', async () => {
  await using site = await openSite()
  const { world } = site
  await world.connect('anna@sandbox.test', { startVolume: 1 })
  await world.connect('ben@sandbox.test', { kind: 'pool' })
  await world.runUntil(new Date('2026-03-03T06:00:00Z'))
  const { db } = world.runtime
  await db.execute(
    sql`update messages set plan_facts = plan_facts || '{"seed": "<script>alert(1)</script>"}' where turn = 1`,
  )
  const operator = await site.operator()
  const page = await operator.get('/messages/1')
  expect(page.html).toContain('Chance was drawn from “&lt;script&gt;')
  expect(page.html).not.toContain('<script>alert')
  await db.execute(sql`update messages set plan_facts = null, decisions = null`)
  const words = textOf(await operator.get('/messages/1'))
  expect(words).toContain('Nothing was recorded of why it was planned so.')
  expect(words).toContain('decided once, when it was found: Nothing was recorded of it.')
})

/** What stands in the cells of a row after its label; null where there is no such row. */
function rowOf(html: string, label: string): string[] | null {
  for (const [, row = ''] of html.matchAll(/<tr>([\s\S]*?)<\/tr>/g)) {
    const [head, ...cells] = [...row.matchAll(/<t[hd][^>]*>([\s\S]*?)<\/t[hd]>/g)].map(([, cell = '']) =>
      cell.replace(/<[^>]*>/g, '').trim(),
    )
    if (head === label) return cells
  }
  return null
}
