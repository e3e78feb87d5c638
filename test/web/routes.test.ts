import { expect, test } from 'vitest'
import { sql } from '../../src/db/drizzle.ts'
import { MOST_ROUTES } from '../../src/warmup/inbox/mail-routes.ts'
import { fingerprint } from '../support/fingerprint.ts'
import { keepMail } from '../support/kept-mail.ts'
import { openSite, type Site } from './site.ts'
import { textOf } from './visitor.ts'

const ANNA = 'anna@sandbox.test'
const ROUTES = '/routes'
const ROUTE = {
  name: 'crm',
  account: '',
  class: 'any',
  sender: '',
  subject: '',
  label: '',
  target: 'queue',
  destination: 'crm-mail',
}
const WITH_SMTP = { SMTP_URL: 'smtp://127.0.0.1:9', NOTICE_MAIL_TO: 'ops@example.com' }

async function openRoutes(environment: Record<string, string> = {}) {
  const site = await openSite({}, environment)
  await site.world.connect(ANNA, { kind: 'vault' })
  return { site, operator: await site.operator() }
}

/** Mails of Anna’s that were given up, for a route that is there. */
async function giveUp({ world }: Site, routeId: number, mails: number): Promise<void> {
  const { db } = world.runtime
  const ids = await keepMail(
    db,
    1,
    Array.from({ length: mails }, () => ({})),
  )
  for (const id of ids)
    await db.execute(sql`insert into handoffs (route_id, account_id, email_message_id, state, tries, failure, created_at, ended_at)
      values (${routeId}, 1, ${id}, 'dead', 40, 'x.test answered 500', now(), now())`)
}

const statesOf = async ({ world }: Site) => {
  const rows = await world.runtime.db.execute<{ state: string }>(sql`select state from handoffs order by id`)
  return rows.map(({ state }) => state)
}

test('a route says which mail it takes and who is handed that, and an event tells of it', async () => {
  const { site, operator } = await openRoutes(WITH_SMTP)
  await using _ = site
  expect(textOf(await operator.get('/'))).toContain('Handing on')
  expect(textOf(await operator.get(ROUTES))).toContain('There are none: mail is kept here')
  const picky = { account: ANNA, class: 'reply', sender: 'Carl', subject: 'Invoice', label: 'INBOX' }
  expect((await operator.submit(ROUTES, ROUTES, { ...ROUTE, ...picky })).location).toBe(ROUTES)
  expect(textOf(await operator.get(ROUTES))).toContain('The route “crm” is added.')
  await operator.submit(ROUTES, ROUTES, {
    ...ROUTE,
    name: 'me',
    target: 'mail',
    destination: 'me@example.com',
  })
  const page = textOf(await operator.get(ROUTES))
  expect(page).toContain(
    `crm takes mail of ${ANNA}, of the class Reply, with “Carl” in its sender, with “Invoice” in its subject, with the label Inbox Queue crm-mail added just now 0 waiting Remove`,
  )
  expect(page).toContain('me takes mail of any account Mail me@example.com')
  expect(textOf(await operator.get('/accounts/1'))).toContain('Route “crm” added: mail is handed to crm-mail')
})

test('a webhook’s secret is shown once, its URL nowhere after that', async () => {
  const { site, operator } = await openRoutes()
  await using _ = site
  const hook = { ...ROUTE, target: 'webhook', destination: ' https://hooks.example/path?token=1 ' }
  const added = await operator.submit(ROUTES, ROUTES, hook)
  expect(added.status).toBe(200)
  const secret = added.html.match(/whsec_[A-Za-z0-9+/=]+/)?.[0] ?? ''
  expect(secret.length).toBeGreaterThan(40)
  const page = await operator.get(ROUTES)
  expect(page.html).toContain('<code>hooks.example</code>')
  for (const hidden of [secret, 'token=1']) expect(page.html).not.toContain(hidden)
  const [kept] = await site.world.runtime.db.execute(sql`select * from mail_routes`)
  expect(JSON.stringify(kept)).not.toMatch(/whsec_|token=1/)
})

test.each([
  [{ name: '' }, 'Enter a name of 1 to 60 characters.'],
  [{ name: 'a\0b' }, 'Enter one line of plain text.'],
  [{ account: 'nobody@sandbox.test' }, 'There is no account “nobody@sandbox.test”.'],
  [{ account: 'anna' }, 'Enter an email address.'],
  [{ class: 'spam' }, 'Choose a class from the list.'],
  [{ sender: 'a'.repeat(201) }, 'At most 200 characters.'],
  [{ target: 'fax' }, 'Choose a webhook, a queue or mail.'],
  [{ destination: 'kindling-sync' }, '“kindling-sync”: expected the name of a queue of your own workers'],
  [{ destination: 'a:b' }, '“a:b”: expected the name of a queue of your own workers'],
  [{ destination: '' }, 'expected the name of a queue of your own workers'],
  [{ target: 'webhook', destination: 'ftp://x' }, '“ftp://x”: expected a full http:// or https:// URL.'],
  [{ target: 'mail', destination: 'anna@@x' }, 'Enter an email address.'],
  [{ target: 'mail', destination: ANNA }, `“${ANNA}” is an account here`],
  [{ name: 'taken' }, 'There is a route “taken”: choose another name.'],
])('a route with %o is refused with words, and nothing is kept of it', async (fields, words) => {
  const { site, operator } = await openRoutes(WITH_SMTP)
  await using _ = site
  const { db } = site.world.runtime
  await operator.submit(ROUTES, ROUTES, { ...ROUTE, name: 'taken' })
  const before = await fingerprint(db)
  const page = await operator.submit(ROUTES, ROUTES, { ...ROUTE, ...fields })
  expect([page.status, textOf(page).includes(words)]).toEqual([422, true])
  expect(page.html).toContain('class="field-error"')
  expect(await fingerprint(db)).toEqual(before)
})

test('without a mail server no route hands on by mail; and there are only so many routes', async () => {
  const { site, operator } = await openRoutes()
  await using _ = site
  const mail = { ...ROUTE, target: 'mail', destination: 'me@example.com' }
  const refused = await operator.submit(ROUTES, ROUTES, mail)
  expect([refused.status, textOf(refused).includes('there is no mail server to send by')]).toEqual([
    422,
    true,
  ])
  await site.world.runtime.db.execute(sql`insert into mail_routes (name, target, destination, created_at)
    select 'route ' || n, 'queue', 'a', now() from generate_series(1, ${MOST_ROUTES}::int) n`)
  expect((await operator.get(ROUTES)).html).not.toContain('Add a route')
  expect(textOf(await operator.submit('/', ROUTES, ROUTE))).toContain(`There are ${MOST_ROUTES} routes`)
})

test('a route that is removed takes along what waits for it, and says how much', async () => {
  const { site, operator } = await openRoutes()
  await using _ = site
  await operator.submit(ROUTES, ROUTES, ROUTE)
  await giveUp(site, 1, 3)
  await site.world.runtime.db.execute(sql`update handoffs set state = 'waiting' where id < 3`)
  expect(textOf(await operator.get(ROUTES))).toContain('2 waiting, 1 given up')
  expect((await operator.submit(ROUTES, `${ROUTES}/1/remove`)).location).toBe(ROUTES)
  expect(textOf(await operator.get(ROUTES))).toContain(
    'The route “crm” is removed, and with it 2 mails that waited.',
  )
  expect(await statesOf(site)).toEqual([])
  expect(textOf(await operator.get('/'))).toContain('Route “crm” removed, with 2 mails that waited')
  await operator.submit(ROUTES, `${ROUTES}/1/remove`)
  expect(textOf(await operator.get(ROUTES))).toContain('It was gone already.')
})

test('what was given up is handed on anew, one by one or all of a route', async () => {
  const { site, operator } = await openRoutes()
  await using _ = site
  for (const name of ['crm', 'erp']) await operator.submit(ROUTES, ROUTES, { ...ROUTE, name })
  await giveUp(site, 1, 3)
  await giveUp(site, 2, 1)
  expect(textOf(await operator.get(ROUTES))).toContain(
    `Mail 2 Carl &lt;carl@elsewhere.example&gt; to ${ANNA} , for “crm”, given up after 40 tries`,
  )
  await operator.submit(ROUTES, '/handoffs/2/replay')
  expect(await statesOf(site)).toEqual(['dead', 'waiting', 'dead', 'dead'])
  expect(textOf(await operator.get(ROUTES))).toContain('1 mail that had been given up is handed on anew.')
  await operator.submit(ROUTES, `${ROUTES}/1/replay`)
  expect(await statesOf(site)).toEqual(['waiting', 'waiting', 'waiting', 'dead'])
  expect(textOf(await operator.get('/'))).toContain(
    'Handed on anew by the route “crm”: 2 mails that had been given up',
  )
  await site.world.settle()
  expect(await statesOf(site)).toEqual(['handed', 'handed', 'handed', 'dead'])
  for (const path of [
    '/handoffs/2/replay',
    '/handoffs/99/replay',
    `${ROUTES}/1/replay`,
    `${ROUTES}/9/replay`,
  ]) {
    await operator.submit(ROUTES, path)
    expect(textOf(await operator.get(ROUTES))).toContain('Nothing was changed')
  }
  expect((await operator.submit(ROUTES, '/handoffs/x/replay')).status).toBe(404)
})

test('nothing is handed on anew of an account that was removed', async () => {
  const { site, operator } = await openRoutes()
  await using _ = site
  await operator.submit(ROUTES, ROUTES, ROUTE)
  await giveUp(site, 1, 1)
  await operator.submit('/', '/accounts/1/remove')
  await operator.submit(ROUTES, '/handoffs/1/replay')
  expect(await statesOf(site)).toEqual(['dead'])
})

test('more given up mails than a page holds are paged through, whatever the cursor', async () => {
  const { site, operator } = await openRoutes()
  await using _ = site
  await operator.submit(ROUTES, ROUTES, ROUTE)
  await giveUp(site, 1, 60)
  const first = await operator.get(ROUTES)
  expect(first.html.match(/id="handoff-/g)).toHaveLength(50)
  const older = first.html.match(/href="([^"]+)" rel="next"/)?.[1] ?? ''
  expect((await operator.get(older)).html.match(/id="handoff-/g)).toHaveLength(10)
  for (const cursor of ['x', '0', '%00', '99999999999999999', '1&before=2'])
    expect([cursor, (await operator.get(`${ROUTES}?before=${cursor}`)).html.match(/id="handoff-/g)]).toEqual([
      cursor,
      expect.objectContaining({ length: 50 }),
    ])
})

test('a form of another site changes nothing', async () => {
  const { site, operator } = await openRoutes()
  await using _ = site
  await operator.submit(ROUTES, ROUTES, ROUTE)
  await giveUp(site, 1, 1)
  const before = await fingerprint(site.world.runtime.db)
  for (const path of [
    ROUTES,
    `${ROUTES}/1/remove`,
    `${ROUTES}/1/replay`,
    '/handoffs/1/replay',
    '/accounts/1/fetching',
  ])
    expect([path, (await operator.post(path, { ...ROUTE, name: 'evil' })).status]).toEqual([path, 403])
  expect(await fingerprint(site.world.runtime.db)).toEqual(before)
})
