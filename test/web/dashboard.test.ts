import { expect, test } from 'vitest'
import { sql } from '../../src/db/drizzle.ts'
import { liftGuard } from '../support/state-guard.ts'
import { openSite, type Site } from './site.ts'
import { textOf } from './visitor.ts'

const ANNA = 'anna@sandbox.test'
const BEN = 'ben@sandbox.test'

/** A warmup and a pool account that have written to each other for a day. */
async function openBusySite(): Promise<Site> {
  const site = await openSite()
  await site.world.connect(ANNA, { kind: 'warmup' })
  await site.world.connect(BEN, { kind: 'pool' })
  await site.world.runUntil(new Date('2026-03-02T16:00:00Z'))
  return site
}

test('without an account the first page says what happens next', async () => {
  await using site = await openSite()
  const text = textOf(await (await site.operator()).get('/'))
  expect(text).toContain('What happens next')
  expect(text).not.toContain('Nothing new is sent')
})

test('with one type only, the page says that nothing can be sent, and what is missing', async () => {
  await using site = await openSite()
  await site.world.connect(ANNA, { kind: 'warmup' })
  const operator = await site.operator()
  expect(textOf(await operator.get('/'))).toContain('until there is at least one active pool account')
  await site.world.connect(BEN, { kind: 'pool' })
  expect(textOf(await operator.get('/'))).not.toContain('Nothing new is sent')
})

test('the dashboard shows what was sent, opened and answered beside the goals', async () => {
  await using site = await openBusySite()
  const { runtime } = site.world
  const [counts] = await runtime.db.execute<{ received: number; opened: number; sent: number }>(
    sql`select received, opened, sent from account_counts where account_id = 2`,
  )
  const text = textOf(await (await site.operator()).get('/'))
  expect(text).toContain(`goal 80 % ${counts?.opened} of ${counts?.received} received`)
  expect(text).toContain(`${counts?.sent} of 50`)
  expect(text).toContain('Warmup, day 1')
  expect(text).toContain('Planned 5 mails for 2026-03-02, warmup day 1')
})

test('an account that nothing was sent to has no rates, and nothing is divided by zero', async () => {
  await using site = await openSite()
  await site.world.connect(ANNA)
  const page = await (await site.operator()).get('/')
  expect(textOf(page)).toContain('goal 80 % no mail yet')
  expect(page.html).not.toMatch(/NaN|Infinity|undefined|null/)
})

test('an account’s page shows its conversations with the other party, and its settings', async () => {
  await using site = await openBusySite()
  const operator = await site.operator()
  const page = await operator.get('/accounts/1?edit=1')
  const text = textOf(page)
  expect(text).toContain(`Turn 1 to ${BEN} Sent`)
  expect(text).toMatch(/Found in (inbox|spam|Promotions)/)
  expect(page.html).toContain('<option selected>UTC</option>')
  const message = page.html.match(/href="(\/messages\/\d+)"/)?.[1] ?? ''
  expect(textOf(await operator.get(message))).toContain(`${ANNA} to ${BEN}`)
})

test('what comes from outside is text, never markup', async () => {
  await using site = await openBusySite()
  const { db } = site.world.runtime
  const script = '<script>alert(1)</script>'
  await db.execute(
    sql`update accounts set last_error = ${script}, email = ${`"><b>x</b>${ANNA}`} where id = 1`,
  )
  await liftGuard(db)
  await db.execute(sql`update messages set subject = ${script}, failure = ${script}, state = 'unknown',
    look_saw = 'error', look_failure = ${script}, open_failure = ${script}`)
  await db.execute(sql`update tasks set errors = 1, waiting_for = ${script}`)
  await db.execute(sql`insert into events (at, kind, account_id, message_id, data) values
    ('2026-03-02T15:00:00Z', 'send_unknown', 1, 1, ${`{"reason": "${script}"}`}::jsonb),
    ('2026-03-02T15:00:00Z', 'settings_changed', 1, null, ${`{"${script}": "${script}"}`}::jsonb)`)
  const operator = await site.operator()
  for (const path of [
    '/',
    '/accounts/1',
    '/accounts/1/remove',
    '/messages/1',
    '/unknown-sends',
    '/failed',
    `/failed?q=${script}`,
    `/?q=${script}`,
  ]) {
    const { status, html } = await operator.get(path)
    expect([path, status]).toEqual([path, 200])
    expect(html).not.toContain('<script>')
    expect(html).not.toContain('<b>x')
  }
})

test('unknown sends are counted, and listed with why nobody knows and what to search for', async () => {
  await using site = await openBusySite()
  await liftGuard(site.world.runtime.db)
  await site.world.runtime.db.execute(
    sql`update messages set state = 'unknown', failure = 'the draft is gone' where id = 1`,
  )
  const operator = await site.operator()
  expect((await operator.get('/')).html).toMatch(/<a href="\/unknown-sends"[^>]*>1<\/a>/)
  const page = textOf(await operator.get('/unknown-sends'))
  expect(page).toMatch(/rfc822msgid:[\w-]+@sandbox.test/)
  expect(page).toContain('The draft is gone.')
})

test('a pool that is too small is told in mails', async () => {
  await using site = await openSite()
  await site.world.connect(ANNA, { kind: 'warmup', startVolume: 9 })
  await site.world.connect(BEN, { kind: 'pool', dailyLimit: 2 })
  await site.world.settle()
  expect(textOf(await (await site.operator()).get('/'))).toContain(
    'short of room for 7 mails: connect 4 more pool accounts',
  )
})

test('the list can be searched, narrowed and paged through', async () => {
  await using site = await openSite()
  await site.world.runtime.db.execute(sql`
    with made as (
      insert into accounts (google_user_id, email, kind, status, open_rate, reply_rate, daily_limit, start_volume,
        daily_increase, time_zone, connected_at)
      select n::text, 'box' || lpad(n::text, 3, '0') || '@x.test', case when n % 2 = 0 then 'pool' else 'warmup' end,
        case when n = 77 then 'needs_reauth' when n > 119 then 'removed' else 'active' end, 0.8, 0.5, 50, 5, 2, 'UTC', now()
      from generate_series(1, 120) n returning id
    ) insert into account_counts (account_id) select id from made`)
  const operator = await site.operator()
  const addresses = async (path: string) =>
    [...(await operator.get(path)).html.matchAll(/<a href="\/accounts\/\d+">(box\d+)@/g)].map(
      ([, name]) => name,
    )
  const first = await addresses('/')
  expect(first.slice(0, 2)).toEqual(['box077', 'box001'])
  expect(first).toHaveLength(50)
  expect(await addresses('/?page=3')).toHaveLength(19)
  expect(textOf(await operator.get('/?page=3'))).toContain('101–119 of 119')
  expect(await addresses('/?q=BOX01&kind=pool')).toEqual(['box010', 'box012', 'box014', 'box016', 'box018'])
  expect(await addresses('/?status=removed')).toEqual(['box120'])
  expect(await addresses('/?q=%25')).toEqual([])
  expect(textOf(await operator.get('/?page=9'))).toContain('No account matches')
})

test('a page that renews itself gets only the part that changes', async () => {
  await using site = await openBusySite()
  const operator = await site.operator()
  for (const path of ['/', '/accounts/1']) {
    const { html } = await operator.get(path, { 'HX-Request': 'true' })
    expect(html.trimStart()).toMatch(/^<div id="live"/)
    expect(html).not.toContain('<html')
    expect(html).not.toContain('<select')
  }
})
