import { expect, test } from 'vitest'
import { eq } from '../../src/db/drizzle.ts'
import { accounts } from '../../src/db/schema.ts'
import { DEFAULT_SETTINGS } from '../../src/domain/account.ts'
import { FAILURE_ADVICE } from '../../src/domain/token-failure.ts'
import { pauseAccount } from '../../src/warmup/account-settings.ts'
import { finishConnecting, startConnecting } from '../../src/warmup/connect-account.ts'
import { removeAccount } from '../../src/warmup/disconnect-account.ts'
import { handOutToken } from '../../src/warmup/hand-out-token.ts'
import { giveConsent } from '../support/consent.ts'
import { openSite, type Site } from './site.ts'
import { type Page, textOf, type Visitor } from './visitor.ts'

const ANNA = 'anna@sandbox.test'
const HOUR_MS = 60 * 60_000
const AUTH = 'https://www.googleapis.com/auth/'

const linkOn = ({ html }: Page) =>
  new URL((html.match(/id="link" value="([^"]+)"/)?.[1] ?? '').replaceAll('&amp;', '&'))

/** Presses the account's button, and gives the link on the page that answers, as a path of this site. */
async function makeLink(operator: Visitor, id: number): Promise<string> {
  const page = await operator.submit(`/accounts/${id}`, `/accounts/${id}/connect-link`)
  expect([page.status, page.headers.get('cache-control')]).toEqual([200, 'no-store'])
  const { pathname, search } = linkOn(page)
  return pathname + search
}

async function follow(site: Site, path: string): Promise<Page> {
  const link = new URL(path, site.url).searchParams.get('link') ?? ''
  const { location } = await site.visitor().post('/connect', { link })
  const callback = await giveConsent(location ?? '', ANNA)
  return site.visitor().get(`/oauth/google/callback?${new URLSearchParams(callback)}`)
}

test('a vault account’s page says that there is no mail for it, active or not', async () => {
  await using site = await openSite()
  const { id } = await site.world.connect(ANNA, { kind: 'vault' })
  const operator = await site.operator()
  const words = 'A vault account takes no part in warmup'
  expect(textOf(await operator.get(`/accounts/${id}`))).toContain(words)
  await pauseAccount(site.world.runtime.warmup, id)
  expect(textOf(await operator.get(`/accounts/${id}`))).toContain(words)
})

test('the page of an account tells what is known of its token, and never the token', async () => {
  await using site = await openSite()
  const { warmup } = site.world.runtime
  site.world.sandbox.control.createMailbox(ANNA)
  const extraScopes = [`${AUTH}calendar.readonly`, `${AUTH}tasks`]
  const url = await startConnecting(warmup, DEFAULT_SETTINGS, new Date(), { wanted: null, extraScopes })
  await finishConnecting(warmup, await giveConsent(url, ANNA, { without: [`${AUTH}tasks`] }), new Date())
  site.world.clock.pass(2 * HOUR_MS)
  const page = await (await site.operator()).get('/accounts/1')
  const text = textOf(page)
  expect(text).toMatch(/Grant made 2 h ago Last refreshed 2 h ago Access token ended 1 h ago/)
  expect(text).toMatch(/Permissions openid userinfo\.email gmail\.send gmail\.readonly .*Asked for besides/)
  expect(text).toMatch(/Asked for besides calendar\.readonly tasks Not granted tasks/)
  expect(text).not.toContain('Grant ends')
  const stored = await warmup.store.tokens.of(1)
  for (const secret of [stored?.token.access_token, stored?.token.refresh_token, stored?.token.client_secret])
    expect(page.html).not.toContain(secret)
})

test('where Google ends the grant by itself, the page says when, and why that may be', async () => {
  await using site = await openSite()
  site.world.sandbox.control.setOptions({ testingLife: true })
  const { id } = await site.world.connect(ANNA)
  const operator = await site.operator()
  const text = textOf(await operator.get(`/accounts/${id}`))
  expect(text).toContain('Grant ends in 6 d')
  expect(text).toContain(FAILURE_ADVICE.grant_expired.advice)
})

test('an account that needs re-authentication says what that means and what to do', async () => {
  await using site = await openSite()
  const { id } = await site.world.connect(ANNA)
  site.world.sandbox.control.killGrant(ANNA, 'session_policy')
  site.world.clock.pass(2 * HOUR_MS)
  const refused = site.world.runtime.warmup.authenticateAndUpdateToken(id)
  await expect(refused).rejects.toThrow()
  const text = textOf(await (await site.operator()).get(`/accounts/${id}`))
  expect(text).toContain('The Workspace’s session control asks for a new sign-in.')
  expect(text).toContain(FAILURE_ADVICE.session_policy.advice)
})

test('a token that no key opens does not hide the page on which the account can be connected again', async () => {
  await using site = await openSite()
  const { id } = await site.world.connect(ANNA)
  const { db } = site.world.runtime
  await db.update(accounts).set({ oauthToken: '0badc0de.a.b' }).where(eq(accounts.id, id))
  const page = await (await site.operator()).get(`/accounts/${id}`)
  expect([page.status, textOf(page)]).toEqual([200, expect.stringContaining('sealed with key 0badc0de')])
  expect(page.html).toContain(`/accounts/${id}/connect"`)
})

test('a vault account shows no figures of the warmup', async () => {
  await using site = await openSite()
  const { id } = await site.world.connect(ANNA, { kind: 'vault' })
  const operator = await site.operator()
  const page = textOf(await operator.get(`/accounts/${id}`))
  expect(page).toContain('Vault account')
  expect(page).toContain('its token is kept for your other programs')
  expect(page).not.toMatch(/Sent today|Opens|Replies|goal/)
  const { html } = await operator.get('/')
  const row = html.slice(
    html.indexOf(`id="account-${id}"`),
    html.indexOf('</tr>', html.indexOf('id="account-')),
  )
  expect(row).toContain('Takes no part in warmup')
  expect(row).not.toMatch(/goal|of 50/)
})

test('the link for an account’s owner is shown once, and connects the mailbox for seven days', async () => {
  let now = new Date('2026-11-20T10:00:00Z')
  await using site = await openSite({ wallNow: () => now })
  const { id } = await site.world.connect(ANNA)
  const operator = await site.operator()
  const path = await makeLink(operator, id)
  const link = new URL(path, site.url).searchParams.get('link') ?? ''
  expect((await operator.get(`/accounts/${id}`)).html).not.toContain(link)
  expect((await operator.get(`/accounts/${id}/connect-link`)).location).toBe(`/accounts/${id}`)
  now = new Date('2026-11-27T09:59:00Z')
  site.world.clock.pass(1000)
  expect((await site.visitor().get(path)).status).toBe(200)
  now = new Date('2026-11-27T10:00:00Z')
  expect((await site.visitor().get(path)).status).toBe(410)
  const another = await makeLink(operator, id)
  expect((await follow(site, another)).status).toBe(200)
  expect((await site.visitor().get(another)).status).toBe(410)
})

test('a removed account comes back by its owner’s link, with its settings and what is asked for besides', async () => {
  await using site = await openSite()
  const { warmup } = site.world.runtime
  const { id } = await site.world.connect(ANNA, { kind: 'pool', dailyLimit: 7 })
  const extraScopes = [`${AUTH}tasks`]
  await site.world.runtime.db.update(accounts).set({ extraScopes }).where(eq(accounts.id, id))
  await removeAccount(warmup, id)
  const path = await makeLink(await site.operator(), id)
  expect((await follow(site, path)).status).toBe(200)
  expect(await warmup.store.accounts.byId(id)).toMatchObject({
    kind: 'pool',
    dailyLimit: 7,
    status: 'active',
    extraScopes,
  })
})

test('a link is made by the operator alone, and by a form of ours', async () => {
  await using site = await openSite()
  const { id } = await site.world.connect(ANNA)
  const path = `/accounts/${id}/connect-link`
  expect((await site.visitor().post(path, {})).status).toBe(401)
  expect((await (await site.operator()).post(path, { _csrf: 'made up' })).status).toBe(403)
  expect((await (await site.operator()).submit('/', '/accounts/424242/connect-link')).status).toBe(404)
})

test('the page says to whom the token was handed, and the feeds are not buried under it', async () => {
  await using site = await openSite()
  const account = await site.world.connect('anna@sandbox.test', { kind: 'vault' })
  for (let i = 0; i < 60; i += 1)
    await handOutToken(site.world.runtime.warmup, account.id, {
      key: i < 59 ? 'night agent' : 'calendar bot',
    })
  const operator = await site.operator()
  const page = textOf(await operator.get(`/accounts/${account.id}`))
  expect(page).toContain('Handed out to calendar bot')
  expect(page.match(/to night agent/g)).toHaveLength(4)
  expect(page).toMatch(/What happened Connected/)
  expect(textOf(await operator.get('/'))).not.toContain('Token handed')
})
