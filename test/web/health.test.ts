import { expect, test } from 'vitest'
import type { DayIncrements } from '../../src/db/account-days.ts'
import { sql } from '../../src/db/drizzle.ts'
import { openSite, type Site } from './site.ts'
import { textOf } from './visitor.ts'

const ANNA = 'anna@sandbox.test'

/** Monday: Anna's mail of the days before met this. */
async function openWith(met: DayIncrements, account: Parameters<Site['world']['connect']>[1] = {}) {
  const site = await openSite()
  const { id } = await site.world.connect(ANNA, account)
  const { accountDays } = site.world.runtime.warmup.store
  await accountDays.plan(id, '2026-02-27', {
    warmupDay: 6,
    volume: 5,
    planned: 5,
    shortOf: 0,
    health: 'healthy',
  })
  await accountDays.add(id, '2026-02-27', { sent: 5, ...met })
  await site.world.runtime.db.execute(sql`update accounts set warmup_day = 6 where id = ${id}`)
  return site
}

test('an account’s page shows the figures of its health and what they mean for its ramp', async () => {
  await using site = await openWith({ inbox: 12, tabs: 2, spam: 3, missing: 1, bounced: 1, refused: 1 })
  const text = textOf(await (await site.operator()).get('/accounts/1'))
  expect(text).toContain(
    'Today and the 7 days before: 6 of 20 mails ended badly, 30 % (surely 15 % , at most 52 % ). Enough of it',
  )
  expect(text).toContain('when its next day is planned it stays on day 6 of its ramp, as too much')
  expect(text).toContain('Found in the inbox 12 no')
  expect(text).toContain('Found in spam 3 yes')
  expect(text).toContain('All 20 6, 30 %')
})

test('once its day is planned, its page says on which day of the ramp it is, and what comes next', async () => {
  await using site = await openWith({ inbox: 20 })
  await site.world.connect('ben@sandbox.test', { kind: 'pool' })
  await site.world.settle()
  const text = textOf(await (await site.operator()).get('/accounts/1'))
  expect(text).toContain(
    'Today it is on day 7 of its ramp. As things stand, on its next day it stays on day 7 of its ramp, as it could send nothing',
  )
})

test('a mailbox of which nothing is known is not said to be bad', async () => {
  await using site = await openSite()
  await site.world.connect(ANNA, { kind: 'pool' })
  const page = await (await site.operator()).get('/accounts/1')
  expect(textOf(page)).toContain('Today and the 7 days before: nothing is known of its mail yet.')
  expect(textOf(page)).toContain('A pool account has no ramp.')
  expect(page.html).not.toMatch(/NaN|undefined/)
})

test('an account that rests says until when, on its page and in the list', async () => {
  await using site = await openWith({ spam: 20 })
  await site.world.connect('ben@sandbox.test', { kind: 'pool' })
  await site.world.settle()
  const operator = await site.operator()
  for (const path of ['/', '/accounts/1'])
    expect([path, textOf(await operator.get(path))]).toEqual([
      path,
      expect.stringContaining('Resting until 2026-03-05'),
    ])
})

test('the dashboard counts those that are throttled or rest, and lists those of a grade', async () => {
  await using site = await openSite()
  for (const [name, health, kind] of [
    ['anna', 'healthy', 'warmup'],
    ['ben', 'throttled', 'warmup'],
    ['cara', 'paused', 'pool'],
    ['dmitri', 'paused', 'pool'],
    // No part in the warmup, no grade.
    ['elif', 'paused', 'vault'],
  ] as const) {
    const { id } = await site.world.connect(`${name}@sandbox.test`, { kind })
    await site.world.runtime.db.execute(sql`update accounts set health = ${health} where id = ${id}`)
  }
  const operator = await site.operator()
  const { html } = await operator.get('/')
  expect(html).toContain('aria-label="1 throttled">1<')
  expect(html).toContain('aria-label="2 resting">2<')
  const rows = async (path: string) =>
    [...(await operator.get(path)).html.matchAll(/<tr role="row" id="account-(\d+)"/g)].map(([, id]) => id)
  expect(await rows('/?health=throttled')).toEqual(['2'])
  expect(await rows('/?health=paused')).toEqual(['3', '4'])
  expect(await rows('/?health=nonsense')).toHaveLength(5)
})

test('a vault account has no health', async () => {
  await using site = await openSite()
  await site.world.connect(ANNA, { kind: 'vault' })
  const { html } = await (await site.operator()).get('/accounts/1')
  expect(html).not.toContain('data-health')
  expect(html).not.toContain('id="health-title"')
})
