import { expect, test } from 'vitest'
import { DEFAULT_SETTINGS, settingsOf } from '../../src/domain/account.ts'
import { changeSettings } from '../../src/warmup/account-settings.ts'
import { issueConnectLink } from '../../src/warmup/connect-link.ts'
import { removeAccount } from '../../src/warmup/disconnect-account.ts'
import { type ConsentAnswer, giveConsent } from '../support/consent.ts'
import { openSite, type Site } from './site.ts'
import { type Page, textOf, type Visitor } from './visitor.ts'

const ANNA = 'anna@sandbox.test'
const BEN = 'ben@sandbox.test'
const CALENDAR = 'https://www.googleapis.com/auth/calendar.readonly'
const TASKS = 'https://www.googleapis.com/auth/tasks'
const VAULT = { ...DEFAULT_SETTINGS, kind: 'vault' } as const

type Offer = Partial<Parameters<typeof issueConnectLink>[1]>

/** The path of a link for Anna's mailbox. */
async function linkFor({ world }: Site, offer: Offer = {}, wallNow = new Date()): Promise<string> {
  world.sandbox.control.createMailbox(offer.email ?? ANNA)
  const { url } = await issueConnectLink(
    world.runtime.warmup,
    { email: ANNA, settings: VAULT, ...offer },
    { wallNow, validForMinutes: 60 },
  )
  const { pathname, search } = new URL(url)
  return pathname + search
}

const secretOf = (path: string) => new URL(path, 'http://host').searchParams.get('link') ?? ''

const press = (visitor: Visitor, path: string) => visitor.post('/connect', { link: secretOf(path) })

/** Through the link's page and Google's, and back. */
async function follow(visitor: Visitor, path: string, answer: ConsentAnswer & { as?: string } = {}) {
  const { status, location } = await press(visitor, path)
  expect(status).toBe(303)
  const callback = await giveConsent(location ?? '', answer.as ?? ANNA, answer)
  return visitor.get(`/oauth/google/callback?${new URLSearchParams(callback)}`)
}

const stored = ({ world }: Site, email: string) => world.runtime.warmup.store.accounts.byEmail(email)

function expectOver(page: Page) {
  expect([page.status, textOf(page)]).toEqual([410, expect.stringContaining('This link is over')])
  expect(textOf(page)).toContain('ask whoever sent you the link for another one')
}

test('the page says which mailbox, where to, what for and with which permissions, and makes no session', async () => {
  await using site = await openSite()
  const visitor = site.visitor()
  const path = await linkFor(site, { extraScopes: [CALENDAR, 'https://example.com/auth/odd'] })
  const page = await visitor.get(path)
  const text = textOf(page).replaceAll('@ ', '@')
  expect([page.status, page.headers.get('cache-control'), visitor.cookie]).toEqual([200, 'no-store', ''])
  expect(text).toContain(`connect ${ANNA} to kindling at ${new URL(site.url).host}`)
  expect(text).toContain('takes no part in warmup')
  expect(text).toContain('See and download any calendar')
  expect(text).toContain('https://example.com/auth/odd')
  expect(text).not.toContain('Send email on your behalf')
})

test.each(['warmup', 'pool'] as const)('the page of a %s account says that mail is sent', async (kind) => {
  await using site = await openSite()
  const path = await linkFor(site, { settings: { ...DEFAULT_SETTINGS, kind } })
  const text = textOf(await site.visitor().get(path))
  expect(text).toContain('takes part in an email warmup')
  expect(text).toContain('Send email on your behalf')
})

test('the owner of a mailbox connects it by a link, once, without a session', async () => {
  await using site = await openSite()
  const visitor = site.visitor()
  const path = await linkFor(site, { extraScopes: [CALENDAR] })
  const done = await follow(visitor, path)
  expect([done.status, visitor.cookie]).toEqual([200, ''])
  expect(textOf(done).replaceAll('@ ', '@')).toContain(`${ANNA} is connected to kindling`)
  expect(done.html).not.toContain('/accounts/')
  expect(await stored(site, ANNA)).toMatchObject({ kind: 'vault', status: 'active', extraScopes: [CALENDAR] })
  expectOver(await visitor.get(path))
  expectOver(await press(visitor, path))
})

test('looking at the page, however often, uses nothing up', async () => {
  await using site = await openSite()
  const path = await linkFor(site)
  for (let looks = 0; looks < 40; looks += 1) expect((await site.visitor().get(path)).status).toBe(200)
  expect((await follow(site.visitor(), path)).status).toBe(200)
})

test('a link renews the token of an account that needs it, which keeps its settings', async () => {
  await using site = await openSite()
  const { world } = site
  const account = await world.connect(ANNA, { kind: 'pool', dailyLimit: 7 })
  world.clock.pass(1000)
  const path = await linkFor(site)
  const { location } = await press(site.visitor(), path)
  expect(new URL(location ?? '').searchParams.get('login_hint')).toBe(ANNA)
  expect((await follow(site.visitor(), path)).status).toBe(200)
  expect(await stored(site, ANNA)).toMatchObject({ id: account.id, kind: 'pool', dailyLimit: 7 })
  expectOver(await site.visitor().get(path))
})

test('a link ends', async () => {
  let now = new Date()
  await using site = await openSite({ wallNow: () => now })
  const path = await linkFor(site, {}, now)
  now = new Date(now.getTime() + 59 * 60_000)
  expect((await site.visitor().get(path)).status).toBe(200)
  now = new Date(now.getTime() + 60_000)
  expectOver(await site.visitor().get(path))
  expectOver(await press(site.visitor(), path))
})

test('a link that is none of ours, or was changed, opens nothing', async () => {
  await using site = await openSite()
  const visitor = site.visitor()
  const path = await linkFor(site)
  const state = await site.world.runtime.warmup.store.oneTime.issueState({ email: ANNA }, new Date())
  for (const forged of [
    '/connect',
    '/connect?link=',
    '/connect?link=a.b.c',
    `/connect?link=${state}`,
    path.slice(0, -2),
    `${path}&link=x`,
  ])
    expectOver(await visitor.get(forged))
  expectOver(await visitor.post('/connect', {}))
  expectOver(
    await visitor.post('/connect', [
      ['link', secretOf(path)],
      ['link', secretOf(path)],
    ]),
  )
})

test('another mailbox than the link’s is refused, in words for its owner, and the link still works', async () => {
  await using site = await openSite()
  const path = await linkFor(site)
  site.world.sandbox.control.createMailbox(BEN)
  const refused = await follow(site.visitor(), path, { as: BEN })
  expect(refused.status).toBe(409)
  expect(textOf(refused)).toContain(`Open the link that you were sent once more, and choose ${ANNA}.`)
  expect(textOf(refused)).not.toContain('dashboard')
  expect([await stored(site, ANNA), await stored(site, BEN)]).toEqual([null, null])
  expect((await follow(site.visitor(), path)).status).toBe(200)
})

test('an extra permission that the owner unticks does not fail the connection', async () => {
  await using site = await openSite()
  const settings = { ...DEFAULT_SETTINGS, kind: 'pool' } as const
  const path = await linkFor(site, { settings, extraScopes: [CALENDAR, TASKS] })
  expect((await follow(site.visitor(), path, { without: [TASKS] })).status).toBe(200)
  const account = await stored(site, ANNA)
  const { token } = (await site.world.runtime.warmup.store.tokens.of(account?.id ?? 0)) ?? {}
  expect(token?.scope).toContain(CALENDAR)
  expect(token?.scope).not.toContain(TASKS)
})

test('one that the workers need does, and the link still works', async () => {
  await using site = await openSite()
  const path = await linkFor(site, { settings: DEFAULT_SETTINGS })
  const labels = 'https://www.googleapis.com/auth/gmail.labels'
  const refused = await follow(site.visitor(), path, { without: [labels] })
  expect(refused.status).toBe(403)
  expect(textOf(refused)).toContain('See and edit your email labels')
  expect(textOf(refused)).toContain('Open the link that you were sent once more, tick every box')
  expect(await stored(site, ANNA)).toBeNull()
  expect((await follow(site.visitor(), path)).status).toBe(200)
})

test('an operator who opens a link comes back to the account’s page', async () => {
  await using site = await openSite()
  const back = await follow(await site.operator(), await linkFor(site))
  expect([back.status, back.location]).toEqual([303, '/accounts/1'])
})

test('what a link holds is shown as text', async () => {
  await using site = await openSite()
  const { url } = await issueConnectLink(
    site.world.runtime.warmup,
    { email: '<b>"x"@sandbox.test', settings: VAULT, extraScopes: ['<script>alert(1)</script>'] },
    { wallNow: new Date(), validForMinutes: 60 },
  )
  const { html } = await site.visitor().get(new URL(url).pathname + new URL(url).search)
  expect(html).toContain('&lt;script&gt;alert(1)')
  expect(html).not.toMatch(/<script>alert|<b>"x"/)
})

test('tries with links that are over are limited', async () => {
  await using site = await openSite()
  const visitor = site.visitor()
  for (let tries = 0; tries < 30; tries += 1) expectOver(await visitor.get('/connect?link=made-up'))
  const page = await visitor.get('/connect?link=made-up')
  expect([page.status, textOf(page)]).toEqual([429, expect.stringContaining('Wait 15 minutes')])
})

test('a form that is too large is refused', async () => {
  await using site = await openSite()
  expect((await site.visitor().post('/connect', { link: 'x'.repeat(30_000) })).status).toBe(413)
})

test('a used link stays over when the account is removed', async () => {
  await using site = await openSite()
  const path = await linkFor(site)
  await follow(site.visitor(), path)
  const account = await stored(site, ANNA)
  await removeAccount(site.world.runtime.warmup, account?.id ?? 0)
  expectOver(await site.visitor().get(path))
  await follow(site.visitor(), await linkFor(site))
  expect(await stored(site, ANNA)).toMatchObject({ id: account?.id, status: 'active' })
})

test('a link speaks of the account as it is by then', async () => {
  await using site = await openSite()
  const { warmup } = site.world.runtime
  const account = await site.world.connect(ANNA, { kind: 'vault' })
  const path = await linkFor(site, { extraScopes: [CALENDAR] })
  await changeSettings(warmup, account.id, { ...settingsOf(account), kind: 'pool' })
  expect(textOf(await site.visitor().get(path))).toContain('takes part in an email warmup')
  await follow(site.visitor(), path)
  expect(await stored(site, ANNA)).toMatchObject({ kind: 'pool', status: 'active', extraScopes: [CALENDAR] })
})

test('however many links were over, a good one works', async () => {
  await using site = await openSite()
  const visitor = site.visitor()
  const path = await linkFor(site)
  for (let tries = 0; tries < 31; tries += 1) await visitor.post('/connect', { link: 'made-up' })
  expect((await visitor.post('/connect', { link: 'made-up' })).status).toBe(429)
  expect((await visitor.get(path)).status).toBe(200)
  expect((await press(visitor, path)).status).toBe(303)
})

test('a good link is followed sixty times at most', async () => {
  await using site = await openSite()
  const visitor = site.visitor()
  const path = await linkFor(site)
  for (let uses = 0; uses < 60; uses += 1) expect((await press(visitor, path)).status).toBe(303)
  expect((await press(visitor, path)).status).toBe(429)
  expect((await visitor.get(path)).status).toBe(200)
})
