import { expect, test } from 'vitest'
import { sql } from '../../src/db/drizzle.ts'
import { NeedsReauthError } from '../../src/domain/errors.ts'
import { MOST_TRIES } from '../../src/domain/task.ts'
import { closeOutage, condemnAccount, openBreaker, openOutage } from '../../src/warmup/incidents.ts'
import { addWebhook } from '../../src/warmup/webhooks.ts'
import { expectedSignature, openReceiver, type Received } from '../support/receiver.ts'
import { handWorker } from '../support/worker.ts'
import { openSite, type Site } from './site.ts'
import { textOf } from './visitor.ts'

const ANNA = 'anna@sandbox.test'
const WHY = new NeedsReauthError('grant_unused', 'invalid_grant: Bad Request')
const HOUR = 3_600_000

/** A client that Google refuses, as one refresh finds out. */
async function refuseClient({ world }: Site, accountId: number): Promise<void> {
  world.sandbox.control.setClientSecret(world.config.GOOGLE_CLIENT_ID, 'another one')
  world.clock.pass(2 * HOUR)
  await expect(world.runtime.warmup.authenticateAndUpdateToken(accountId)).rejects.toThrow()
}

test('the page is empty where nothing happened, and says how the operator could be told', async () => {
  await using site = await openSite()
  const text = textOf(await (await site.operator()).get('/notices'))
  expect(text).toContain('Nothing. When Google refuses an account')
  expect(text).toContain('To nobody: set SMTP_URL and NOTICE_MAIL_TO')
  expect((await site.visitor().get('/notices')).location).toBe('/sign-in')
})

test('every page says that Google fails, since when and in which words, until it answers again', async () => {
  await using site = await openSite()
  const { warmup } = site.world.runtime
  const operator = await site.operator()
  const nextTryAt = new Date(site.world.clock.now().getTime() + 20_000)
  await openOutage(warmup, { failure: 'google_unavailable', words: 'Backend Error (503)', nextTryAt })
  for (const path of ['/', '/notices', '/settings']) {
    const text = textOf(await operator.get(path))
    expect(text).toContain(
      'Google fails for many accounts at once, so nothing is begun but one try at a time',
    )
    expect(text).toContain('Backend Error (503)')
  }
  await closeOutage(warmup)
  expect(textOf(await operator.get('/settings'))).not.toContain('Google fails')
  expect(textOf(await operator.get('/notices'))).toContain('Google answers again')
})

test('an open incident says what it is, why, what to do and where; once over it moves down', async () => {
  await using site = await openSite()
  const { world } = site
  const account = await world.connect(ANNA, { kind: 'vault' })
  await condemnAccount(world.runtime.warmup, account.id, 1, WHY)
  const operator = await site.operator()
  const open = await operator.get('/notices')
  expect(open.html).toContain(`<a href="/accounts/${account.id}">${ANNA} needs re-authentication</a>`)
  expect(textOf(open)).toContain('The grant was not used for six months. Connect the account again')
  expect(textOf(open)).toContain('invalid_grant: Bad Request')
  world.clock.pass(HOUR)
  await world.connect(ANNA)
  const text = textOf(await operator.get('/notices'))
  expect(text).toContain('Nothing. When Google refuses an account')
  expect(text).toContain(`${ANNA} is connected again over just now · began 1 h ago`)
})

test('a webhook is added, its secret shown once, tried, and removed', async () => {
  await using site = await openSite()
  await using receiver = await openReceiver()
  const operator = await site.operator()
  const added = await operator.submit('/notices', '/notices/webhooks', { url: ` ${receiver.url} ` })
  expect(added.status).toBe(200)
  const secret = added.html.match(/whsec_[A-Za-z0-9+/=]+/)?.[0] ?? ''
  const page = await operator.get('/notices')
  expect(page.html).not.toContain(secret)
  expect(page.html).toContain(receiver.url)

  const { host } = new URL(receiver.url)
  const tried = await operator.submit('/notices', '/notices/webhooks/1/test')
  expect(tried.location).toBe('/notices')
  expect(textOf(await operator.get('/notices'))).toContain(`The test was delivered: ${host} took it.`)
  const [got] = receiver.received as [Received]
  expect(got.headers['webhook-signature']).toBe(expectedSignature(got, secret))
  expect(Math.abs(got.timestamp - Date.now() / 1000)).toBeLessThan(60)
  expect(got.document).toMatchObject({ id: got.id, notices: [], text: expect.stringContaining('a test') })
  receiver.answer(404)
  const refused = await operator.submit('/notices', '/notices/webhooks/1/test')
  expect(refused.location).toBe('/notices')
  expect(textOf(await operator.get('/notices'))).toContain(
    `The test was not delivered: ${host} answered 404.`,
  )

  expect((await operator.submit('/notices', '/notices/webhooks/1/remove')).location).toBe('/notices')
  expect(textOf(await operator.get('/notices'))).toContain('The webhook is removed.')
  expect((await operator.get('/notices')).html).not.toContain(receiver.url)
  expect((await operator.submit('/notices', '/notices/webhooks/1/test')).status).toBe(404)
})

test('a webhook whose address can’t be opened is shown by its host, and can be removed', async () => {
  await using site = await openSite()
  const operator = await site.operator()
  const { warmup, db } = site.world.runtime
  const { id } = await addWebhook(warmup, 'https://lost.test/hook')
  await db.execute(sql`update webhooks set sealed = '00000000' || substr(sealed, 9)`)
  const page = await operator.get('/notices')
  expect(page.status).toBe(200)
  expect(textOf(page)).toContain('lost.test can’t be opened: remove it and add it anew')
  expect(page.html).not.toContain(`/notices/webhooks/${id}/test`)
  await operator.submit('/notices', `/notices/webhooks/${id}/test`)
  expect(textOf(await operator.get('/notices'))).toContain(
    'The test was not delivered: the webhook to lost.test can’t be opened (sealed with key 00000000',
  )
  expect((await operator.submit('/notices', '/notices/webhooks', { url: 'https://x.test/' })).status).toBe(
    200,
  )
  await operator.submit('/notices', `/notices/webhooks/${id}/remove`)
  expect((await operator.get('/notices')).html).not.toContain('lost.test')
})

test('a message says its first notice, and how many more it holds', async () => {
  await using site = await openSite()
  const { world } = site
  const { warmup } = world.runtime
  await addWebhook(warmup, 'https://x.test/')
  for (const email of [ANNA, 'ben@sandbox.test', 'cara@sandbox.test']) {
    const account = await world.connect(email, { kind: 'vault' })
    await condemnAccount(warmup, account.id, 1, WHY)
  }
  expect(textOf(await (await site.operator()).get('/notices'))).toContain(
    `Collecting 3 notices to x.test: ${ANNA} needs re-authentication and 2 more`,
  )
})

test('an address that can’t be told is refused with what was expected, and stays in the form', async () => {
  await using site = await openSite()
  const operator = await site.operator()
  const page = await operator.submit('/notices', '/notices/webhooks', { url: 'ftp://"x' })
  expect(page.status).toBe(422)
  expect(textOf(page)).toContain('“ftp://"x”: expected a full http:// or https:// URL.')
  expect(page.html).toContain('value="ftp://&#34;x"')
  expect((await operator.submit('/', '/notices/webhooks')).status).toBe(422)
})

test('a form of another site changes nothing', async () => {
  await using site = await openSite()
  const operator = await site.operator()
  await addWebhook(site.world.runtime.warmup, 'https://x.test/')
  for (const path of ['webhooks', 'webhooks/1/test', 'webhooks/1/remove', 'deliveries/1/send'])
    expect((await operator.post(`/notices/${path}`, { url: 'https://evil.test' })).status).toBe(403)
  expect(await site.world.runtime.warmup.store.webhooks.all()).toHaveLength(1)
})

test('a message that failed is hinted at on the dashboard, stands first on the page, and can be sent again', async () => {
  await using site = await openSite()
  await using receiver = await openReceiver()
  const { world } = site
  const { warmup, db } = world.runtime
  const account = await world.connect(ANNA, { kind: 'vault' })
  await addWebhook(warmup, receiver.url)
  await condemnAccount(warmup, account.id, 1, WHY)
  receiver.answer(500)
  using worker = handWorker(world)
  await db.execute(sql`update tasks set errors = ${MOST_TRIES.notice - 1} where kind = 'notify'`)
  world.clock.pass(HOUR)
  const [handout] = await worker.handOut('notify')
  expect(await worker.run(handout)).toBe('failed')

  const operator = await site.operator()
  expect(textOf(await operator.get('/'))).toContain('1 message to you could not be delivered: see Notices.')
  const { host } = new URL(receiver.url)
  expect(textOf(await operator.get('/notices'))).toContain(
    `Failed 1 notice to ${host}: ${ANNA} needs re-authentication just now ${host} answered 500`,
  )
  receiver.answer(200)
  expect((await operator.submit('/notices', '/notices/deliveries/1/send')).location).toBe('/notices')
  const [again] = await worker.handOut('notify')
  expect(await worker.run(again)).toBe('done')
  expect(textOf(await operator.get('/notices'))).toContain(`Delivered 1 notice to ${host}`)
  expect(textOf(await operator.get('/'))).not.toContain('see Notices')
  await operator.submit('/notices', '/notices/deliveries/1/send')
  expect(textOf(await operator.get('/notices'))).toContain('Nothing was changed')
})

test('while Google refuses the client every page says so, and no page once it is over', async () => {
  await using site = await openSite()
  const { world } = site
  const { GOOGLE_CLIENT_ID: clientId, GOOGLE_CLIENT_SECRET: secret } = world.config
  const account = await world.connect(ANNA, { kind: 'vault' })
  const operator = await site.operator()
  const paths = ['/', '/accounts/1', '/notices', '/unknown-sends', '/nowhere']
  const banner = `Google refuses the OAuth client ${clientId} since Mon, 2 Mar 2026, 08:00 UTC`
  const live = { 'HX-Request': 'true' }
  for (const path of paths) expect(textOf(await operator.get(path))).not.toContain(banner)

  await refuseClient(site, account.id)
  for (const path of paths) {
    const page = await operator.get(path)
    expect(page.html.match(/class="banner"/g)).toHaveLength(1)
    expect(textOf(page)).toContain(banner)
    expect(textOf(page)).toContain('Compare GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET')
    expect(textOf(page)).toContain('invalid_client')
  }
  for (const path of ['/', '/accounts/1'])
    expect((await operator.get(path, live)).html).toMatch(
      /id="banner" hx-swap-oob="outerMorph">\s*<section class="banner"/,
    )
  expect((await site.visitor().get('/sign-in')).html).not.toContain(clientId)

  world.sandbox.control.setClientSecret(clientId, secret)
  world.clock.pass(HOUR)
  await world.runtime.warmup.authenticateAndUpdateToken(account.id)
  for (const path of paths) expect((await operator.get(path)).html).not.toContain('class="banner"')
  const part = await operator.get('/', live)
  expect(part.html).toContain('id="banner" hx-swap-oob="outerMorph"')
  expect(part.html).not.toContain('class="banner"')
})

test('what Google said is text, never markup', async () => {
  await using site = await openSite()
  const { world } = site
  const account = await world.connect(ANNA, { kind: 'vault' })
  const words = '<script>alert(1)</script>'
  await condemnAccount(world.runtime.warmup, account.id, 1, new NeedsReauthError('internal', words))
  await openBreaker(world.runtime.warmup, `<b>${words}`, words, world.clock.now())
  await addWebhook(world.runtime.warmup, 'https://x.test/')
  await world.runtime.db.execute(sql`insert into deliveries (channel, webhook_id, state, failure, created_at)
    values ('webhook', 1, 'failed', ${words}, now())`)
  const operator = await site.operator()
  for (const path of ['/notices', '/', '/accounts/1']) {
    const { status, html } = await operator.get(path)
    expect([path, status]).toEqual([path, 200])
    expect(html).not.toContain('<script>')
    expect(html).not.toContain('<b>')
  }
})

test('a page of long histories asks as few questions as one of short ones, and shows the newest', async () => {
  await using site = await openSite()
  const { db } = site.world.runtime
  await site.world.connect(ANNA, { kind: 'vault' })
  await db.execute(sql`insert into incidents (kind, subject, account_id, failure, words, opened_at, closed_at)
    select 'needs_reauth', 'account:' || n, 1, 'grant_revoked', 'closed ' || n, '2026-01-01', '2026-01-02'
    from generate_series(1, 3000) n`)
  await db.execute(sql`insert into incidents (kind, subject, account_id, failure, words, opened_at)
    select 'needs_reauth', 'account:' || n, 1, 'grant_revoked', 'open ' || n, '2026-01-01'
    from generate_series(1, 250) n`)
  await db.execute(sql`insert into deliveries (channel, state, created_at)
    select 'mail', case n when 1990 then 'failed' else 'delivered' end, now() from generate_series(1, 2000) n`)
  const { html } = await (await site.operator()).get('/notices')
  expect(html.match(/open \d+/g)).toHaveLength(100)
  expect(html).toContain('And 150 more')
  expect(html.match(/closed \d+/g)).toHaveLength(50)
  expect(html).toContain('closed 3000')
  expect(html.match(/id="delivery-\d+"/g)?.slice(0, 2)).toEqual(['id="delivery-1990"', 'id="delivery-2000"'])
  expect(html.match(/id="delivery-\d+"/g)).toHaveLength(20)
})
