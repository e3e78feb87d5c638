import { expect, test } from 'vitest'
import { sql } from '../../src/db/drizzle.ts'
import { MOST_SEARCHED } from '../../src/db/mail-reports.ts'
import { removeAccount } from '../../src/warmup/disconnect-account.ts'
import { addRoute } from '../../src/warmup/inbox/mail-routes.ts'
import { keepMail } from '../support/kept-mail.ts'
import { openSite, type Site } from './site.ts'
import { type Page, textOf } from './visitor.ts'

const ANNA = 'anna@sandbox.test'
const MAIL = '/accounts/1/mail'
const FETCHING = '/accounts/1/fetching'
const EVERY_5 = { SYNC_EVERY_MINUTES: '5' }
const AS_IT_IS = { isFetched: 'yes', everyMinutes: '5', filter: '' }

async function openMail(): Promise<Site> {
  const site = await openSite({}, EVERY_5)
  await site.world.connect(ANNA, { kind: 'vault' })
  return site
}

const mailboxOf = ({ world }: Site) => world.runtime.warmup.store.mailReports.fetching(1)
const subjectsOf = ({ html }: Page) =>
  [...html.matchAll(/<strong>(Mail \d+)</g)].map(([, subject]) => subject)
const olderOf = ({ html }: Page) =>
  html.match(/href="([^"]+)" rel="next"/)?.[1]?.replaceAll('&amp;', '&') ?? null

test('a mail that came in stands on its account’s page with what is known of it', async () => {
  await using site = await openMail()
  const { world } = site
  const route = { name: 'crm', account: '', class: null, sender: '', subject: '', label: '' }
  await addRoute(world.runtime.warmup, { ...route, target: 'queue', destination: 'crm-mail' })
  await world.runUntil(new Date('2026-03-02T06:10:00Z'))
  world.sandbox.control.deliverForeign(ANNA, {
    from: 'Carl <carl@elsewhere.example>',
    subject: 'An invoice',
    text: 'Please pay until Friday.',
  })
  await world.runUntil(new Date('2026-03-02T06:20:00Z'))
  const operator = await site.operator()
  const account = await operator.get('/accounts/1')
  expect(account.html).toContain(`href="${MAIL}"`)
  expect(textOf(account)).toContain('Next Prove the token')
  const page = textOf(await operator.get(MAIL))
  expect(page).toContain('New mail is fetched every 5 minutes')
  expect(page).toMatch(
    /An invoice Carl &lt;carl@elsewhere.example&gt; 1\d min ago Please pay until Friday\. Other no rule says what it is Labels: .*Inbox.* “crm”: handed on/,
  )
})

test('a class is told with its rule, a label by its name, a handoff with its failure', async () => {
  await using site = await openMail()
  const { db } = site.world.runtime
  await keepMail(db, 1, [
    { class: 'newsletter', rule: 'a mailing list (RFC 2369)', labelIds: ['CATEGORY_PROMOTIONS', 'Label_7'] },
  ])
  await db.execute(
    sql`insert into mail_routes (name, target, destination, created_at) values ('a', 'queue', 'a', now()), ('b', 'queue', 'b', now())`,
  )
  await db.execute(sql`insert into handoffs (route_id, account_id, email_message_id, state, failure, created_at)
    values (1, 1, 1, 'waiting', 'x.test answered 500', now()), (2, 1, 1, 'dead', 'x.test answered 404', now())`)
  const page = textOf(await (await site.operator()).get(MAIL))
  expect(page).toContain('Newsletter a mailing list (RFC 2369) Labels: Promotions, Label_7')
  expect(page).toContain('“a”: waits, x.test answered 500 “b”: given up, x.test answered 404')
})

test('mail is looked for by a part of its sender or subject in whatever case, and by its class', async () => {
  await using site = await openMail()
  await keepMail(site.world.runtime.db, 1, [
    { class: 'reply' },
    { sender: 'Dora <dora@else.example>', class: 'reply' },
    { sender: 'DORA', class: 'bounce' },
  ])
  const operator = await site.operator()
  const found = async (query: string) => subjectsOf(await operator.get(`${MAIL}?${query}`))
  expect(await found('')).toEqual(['Mail 2', 'Mail 1', 'Mail 0'])
  expect(await found('q=dora')).toEqual(['Mail 2', 'Mail 1'])
  expect(await found('q=dora&class=reply')).toEqual(['Mail 1'])
  expect(await found('q=mAIL+0')).toEqual(['Mail 0'])
  for (const nothing of ['q=%25', 'q=_ora', `q=${encodeURIComponent("'or'1'='1")}`, 'class=calendar'])
    expect([nothing, await found(nothing)]).toEqual([nothing, []])
  for (const senseless of [
    'q=%00',
    'q=a%00',
    'class=x',
    'before=x',
    'before=-1',
    'before=99999999999999999',
    'q=a&q=b',
    'class[a]=b',
  ])
    expect([senseless, await found(senseless)]).toEqual([senseless, ['Mail 2', 'Mail 1', 'Mail 0']])
  expect(site.errors).toEqual([])
})

test('more mails than a page holds are paged through, and what is looked for in parts of the history', async () => {
  await using site = await openMail()
  const { db } = site.world.runtime
  await keepMail(
    db,
    1,
    Array.from({ length: 120 }, () => ({})),
  )
  const operator = await site.operator()
  const listed: (string | undefined)[] = []
  for (let path: string | null = MAIL; path !== null; ) {
    const page: Page = await operator.get(path)
    listed.push(...subjectsOf(page))
    expect(page.html.includes('>Newest<')).toBe(path !== MAIL)
    path = olderOf(page)
  }
  expect(listed).toEqual(Array.from({ length: 120 }, (_, n) => `Mail ${119 - n}`))

  await db.execute(sql`insert into email_messages (account_id, gmail_id, thread_id, sender, recipients, subject, snippet, label_ids,
    size, received_at, processed_at, class) select 1, 'h' || n, 'h', 'x', '{}', 'Later', '', '{}', 1, now(), now(), 'other'
    from generate_series(1, ${MOST_SEARCHED}::int) n`)
  const first = await operator.get(`${MAIL}?q=mail+7`)
  expect(textOf(first)).toContain('Not found so far')
  const second = await operator.get(olderOf(first) ?? '')
  expect(subjectsOf(second)).toHaveLength(11)
  expect(olderOf(second)).toBeNull()
})

test('how mail is fetched is saved, told in words, and holds from then on', async () => {
  await using site = await openMail()
  const { world } = site
  const operator = await site.operator()
  const save = (fields: Record<string, string>) => operator.submit(MAIL, FETCHING, fields)
  expect((await save(AS_IT_IS)).location).toBe(MAIL)
  expect(textOf(await operator.get(MAIL))).toContain('Nothing was changed.')

  await save({ isFetched: 'yes', everyMinutes: '1440', filter: ' from:carl, or:me ', keepsBodies: 'yes' })
  expect(await mailboxOf(site)).toMatchObject({
    everyMinutes: 1440,
    filter: 'from:carl, or:me',
    keepsBodies: true,
  })
  expect(textOf(await operator.get(MAIL))).toContain('New mail is fetched every 1440 minutes')
  expect(textOf(await operator.get('/accounts/1'))).toContain(
    'Fetching of new mail changed: minutes between two rounds 5 → 1440, filter none → from:carl, or:me, texts kept no → yes',
  )
  await world.runUntil(new Date('2026-03-03T08:00:00Z'))
  await save(AS_IT_IS)
  const { next } = (await mailboxOf(site)) ?? {}
  expect(next?.dueAt.getTime()).toBeLessThanOrEqual(Date.parse('2026-03-03T08:05:00Z'))
})

test('what is turned off has no round, and what is turned on again goes on at once where it stood', async () => {
  await using site = await openMail()
  const { world } = site
  const operator = await site.operator()
  await world.runUntil(new Date('2026-03-02T06:10:00Z'))
  await operator.submit(MAIL, FETCHING, { everyMinutes: 'what it says here does not matter', filter: '' })
  expect(await mailboxOf(site)).toMatchObject({ everyMinutes: null, next: null })
  expect(textOf(await operator.get(MAIL))).toContain('New mail is not fetched.')
  world.sandbox.control.deliverForeign(ANNA, { from: 'c@else.example', subject: 'Mail 1', text: 'Text' })
  await world.runUntil(new Date('2026-03-02T08:00:00Z'))
  expect(subjectsOf(await operator.get(MAIL))).toEqual([])
  await operator.submit(MAIL, FETCHING, AS_IT_IS)
  await world.settle()
  expect(subjectsOf(await operator.get(MAIL))).toEqual(['Mail 1'])
})

test.each([
  ['an interval of 0', { everyMinutes: '0' }, 'Enter a whole number from 1 to 1440.'],
  ['an interval of more than a day', { everyMinutes: '1441' }, 'Enter a whole number from 1 to 1440.'],
  ['a part of a minute', { everyMinutes: '5.5' }, 'Enter a whole number from 1 to 1440.'],
  ['a filter that is too long', { filter: 'a'.repeat(501) }, 'At most 500 characters.'],
  ['a filter of two lines', { filter: 'a\nb' }, 'Enter one line of plain text.'],
  ['a filter with a NUL', { filter: 'a\0b' }, 'Enter one line of plain text.'],
])('a form with %s changes nothing and says what was expected', async (_, fields, words) => {
  await using site = await openMail()
  const operator = await site.operator()
  const before = await mailboxOf(site)
  const page = await operator.submit(MAIL, FETCHING, { ...AS_IT_IS, ...fields })
  expect([page.status, textOf(page).includes(words)]).toEqual([422, true])
  expect(await mailboxOf(site)).toEqual(before)
  expect((await operator.get(FETCHING)).location).toBe(MAIL)
})

test('of an account that was removed there is nothing to set', async () => {
  await using site = await openMail()
  const { warmup, db } = site.world.runtime
  const operator = await site.operator()
  await keepMail(db, 1, [{}])
  await removeAccount(warmup, 1)
  const page = await operator.get(MAIL)
  expect([page.status, page.html.includes(FETCHING), subjectsOf(page)]).toEqual([200, false, ['Mail 0']])
  for (const fields of [AS_IT_IS, { ...AS_IT_IS, everyMinutes: '0' }]) {
    expect((await operator.submit(MAIL, FETCHING, fields)).location).toBe(MAIL)
    expect(textOf(await operator.get(MAIL))).toContain(
      'Nothing was changed: the account was removed by then.',
    )
  }
  expect(await mailboxOf(site)).toBeNull()
  for (const path of ['/accounts/2/mail', '/accounts/0/mail', '/accounts/x/mail'])
    expect([path, (await operator.get(path)).status]).toEqual([path, 404])
})
