import { expect, test } from 'vitest'
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
  const anna = await world.connect('anna@sandbox.test', { dailyLimit: 7, maintenanceVolume: 3 })
  const ben = await world.connect('ben@sandbox.test', { kind: 'pool', replyRate: 0, openRate: 0 })
  await world.runUntil(new Date('2026-03-03T06:00:00Z'))
  const operator = await site.operator()
  const page = await operator.get(`/accounts/${anna.id}`)
  expect(textOf(page)).toContain(
    'If all goes well it reaches 7 mails a day on 2026-03-03; from 2026-03-12 on it is kept at 3.',
  )
  // Sent, replies, planned, limit: the first day as it was, the second as it is expected.
  expect(page.html).toMatch(
    /2026-03-02<\/th><td data-value="5">5<\/td><td data-value="0">0<\/td><td data-value="5">5<\/td><td data-value="7">/,
  )
  expect(page.html).toMatch(
    /2026-03-04<\/th><td data-value=""><\/td><td data-value=""><\/td><td data-value="7">/,
  )
  expect(textOf(page)).toContain('Where its mail was found')

  const pool = textOf(await operator.get(`/accounts/${ben.id}`))
  expect(pool).not.toContain('If all goes well')
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
})
