import { describe, expect, test } from 'vitest'
import { UNKNOWN_ADDRESS } from '../../src/sandbox/mail/bounce.ts'
import { placementsView } from '../../src/web/placement-view.ts'
import { messagesOf } from '../support/agreement.ts'
import { openSite } from './site.ts'
import { textOf } from './visitor.ts'

const ANNA = 'anna@sandbox.test'

describe('where mail landed', () => {
  test('is told by domain, every share with its 95 % interval and the mails behind it', () => {
    const { rows, all } = placementsView([
      { domain: 'a.example', placement: 'spam', mails: 3 },
      { domain: 'b.example', placement: 'archive', mails: 1 },
      { domain: 'a.example', placement: 'inbox', mails: 20 },
      { domain: 'a.example', placement: 'promotions', mails: 1 },
      { domain: 'a.example', placement: 'forums', mails: 1 },
      { domain: 'b.example', placement: 'bounced', mails: 1 },
    ])
    expect(rows.map(({ domain, mails }) => [domain, mails])).toEqual([
      ['a.example', 25],
      ['b.example', 2],
    ])
    expect(rows[0]?.shares).toEqual([
      { name: 'Inbox', achieved: '80 %', interval: '61–91 %', part: 20, whole: 25 },
      { name: 'Other tabs', achieved: '8 %', interval: '2–25 %', part: 2, whole: 25 },
      { name: 'Spam', achieved: '12 %', interval: '4–30 %', part: 3, whole: 25 },
      { name: 'Missing', achieved: '0 %', interval: '0–13 %', part: 0, whole: 25 },
      { name: 'Came back', achieved: '0 %', interval: '0–13 %', part: 0, whole: 25 },
    ])
    expect(all?.shares.map(({ part }) => part)).toEqual([21, 2, 3, 0, 1])
  })

  test('is told of the 20 domains with most mail; the others are counted with all', () => {
    const counts = Array.from({ length: 23 }, (_, i) => ({
      domain: `d${i}.example`,
      placement: 'inbox' as const,
      mails: i + 1,
    }))
    const { rows, all, untold } = placementsView(counts)
    expect([rows.length, rows[0]?.domain, untold, all?.mails]).toEqual([20, 'd22.example', 3, 276])
  })

  test('of one domain needs no row of all, and of none says that nothing is known', () => {
    const one = placementsView([{ domain: 'a.example', placement: 'inbox', mails: 1 }])
    expect([one.rows.length, one.all]).toEqual([1, null])
    expect(placementsView([])).toMatchObject({ rows: [], all: null })
  })
})

test('an account’s page and its mail’s show where it landed, and by which labels that was seen', async () => {
  await using site = await openSite()
  const { world } = site
  world.sandbox.control.forcePlacement('promotions')
  await world.connect(ANNA, { startVolume: 2, dailyIncrease: 0, replyRate: 0 })
  await world.connect('ben@example.org', { kind: 'pool', replyRate: 0 })
  const operator = await site.operator()
  expect(textOf(await operator.get('/accounts/1'))).toContain('Nothing is known yet')

  await world.runUntil(new Date('2026-03-03T06:00:00Z'))
  const text = textOf(await operator.get('/accounts/1'))
  expect(text).toMatch(
    /example\.org 2 0 % 95 % interval \(0–66 %\) 0 of 2 100 % 95 % interval \(34–100 %\) 2 of 2/,
  )
  const page = textOf(await operator.get('/messages/1'))
  expect(page).toContain('Found in Promotions Mon')
  expect(page).toContain('Labels seen then: Unread, Promotions, Inbox')
})

test('a mail that came back is shown with the status and the words of the server, and not as unread', async () => {
  await using site = await openSite()
  const { world } = site
  await world.connect(ANNA, { startVolume: 1, dailyIncrease: 0 })
  await world.connect('ben@example.org', { kind: 'pool' })
  const words = `${'no such user '.repeat(5)}<b>here</b>`
  world.sandbox.control.refuseMail('ben@example.org', { status: UNKNOWN_ADDRESS.status, words })
  await world.runUntil(new Date('2026-03-03T06:00:00Z'))
  expect(await messagesOf(world.runtime)).toMatchObject([{ placement: 'bounced' }])
  const operator = await site.operator()
  for (const path of ['/messages/1', '/accounts/1']) {
    const page = await operator.get(path)
    expect(page.html).toContain('&lt;b&gt;here')
    expect(page.html).not.toContain('<b>here')
    const text = textOf(page)
    expect(text).toContain('Came back')
    expect(text).toContain('5.1.1 No such user no such user')
    expect(text).not.toContain('Left unread')
  }
  expect(textOf(await operator.get('/'))).toContain('Came back:')
})
