import { expect, test } from 'vitest'
import { type ConsentAnswer, giveConsent } from '../support/consent.ts'
import { openSite, type Site } from './site.ts'
import { textOf, type Visitor } from './visitor.ts'

const FORM = {
  kind: 'warmup',
  openRate: '81',
  replyRate: '54',
  dailyLimit: '40',
  startVolume: '6',
  dailyIncrease: '3',
  timeZone: 'Europe/Berlin',
}
const ANNA = 'anna@sandbox.test'

/** Through Google's consent page, up to the address that Google sends the browser back to. */
async function consent(visitor: Visitor, { world }: Site, answer: ConsentAnswer = {}): Promise<string> {
  world.sandbox.control.createMailbox(ANNA)
  const { status, location } = await visitor.submit('/', '/accounts/connect', FORM)
  expect(status).toBe(303)
  const callback = await giveConsent(location ?? '', ANNA, answer)
  return `/oauth/google/callback?${new URLSearchParams(callback)}`
}

test('the form leads through Google to an account with the settings that were typed', async () => {
  await using site = await openSite()
  const operator = await site.operator()
  const back = await operator.get(await consent(operator, site))
  expect([back.status, back.location]).toEqual([303, '/accounts/1'])
  expect(textOf(await operator.get('/accounts/1'))).toContain(`${ANNA} is connected.`)
  expect(textOf(await operator.get('/accounts/1'))).not.toContain('is connected.')
  const account = await site.world.runtime.warmup.store.accounts.byId(1)
  expect(account).toMatchObject({
    email: ANNA,
    kind: 'warmup',
    openRate: 0.81,
    replyRate: 0.54,
    dailyLimit: 40,
    startVolume: 6,
    dailyIncrease: 3,
    timeZone: 'Europe/Berlin',
  })
})

test('connecting a mailbox twice makes one account, and says that it was there', async () => {
  await using site = await openSite()
  const operator = await site.operator()
  await operator.get(await consent(operator, site))
  const again = await operator.get(await consent(operator, site))
  expect(again.location).toBe('/accounts/1')
  expect(textOf(await operator.get('/accounts/1'))).toContain('its settings and progress are kept')
  expect(await site.world.runtime.warmup.store.accounts.all()).toHaveLength(1)
})

test('a visitor without a session may finish a visit that was begun with one', async () => {
  await using site = await openSite()
  const path = await consent(await site.operator(), site)
  const page = await site.visitor().get(path)
  expect(page.status).toBe(200)
  expect(textOf(page)).toContain('You may close this window')
  expect(page.html).not.toContain('/accounts/')
})

test('an account’s own button asks Google for that mailbox, with its settings', async () => {
  await using site = await openSite()
  const account = await site.world.connect(ANNA)
  const operator = await site.operator()
  const { location } = await operator.submit('/', `/accounts/${account.id}/connect`)
  expect(new URL(location ?? '').searchParams.get('login_hint')).toBe(ANNA)
})

test.each([
  [
    'a visit that was never begun',
    '/oauth/google/callback?state=made-up&code=x',
    'This visit to Google is over',
  ],
  ['a state that was sent twice', '/oauth/google/callback?state=a&state=b', 'This visit to Google is over'],
  ['nothing at all', '/oauth/google/callback', 'This visit to Google is over'],
])('%s is explained', async (_, path, title) => {
  await using site = await openSite()
  const page = await site.visitor().get(path)
  expect(page.status).toBe(400)
  expect(textOf(page)).toContain(title)
})

test('a callback works once', async () => {
  await using site = await openSite()
  const operator = await site.operator()
  const path = await consent(operator, site)
  await operator.get(path)
  const again = await operator.get(path)
  expect([again.status, textOf(again)]).toEqual([400, expect.stringContaining('It was finished before')])
})

test('a visit that takes longer than ten minutes is over', async () => {
  let now = new Date()
  await using site = await openSite({ wallNow: () => now })
  const operator = await site.operator()
  const path = await consent(operator, site)
  now = new Date(now.getTime() + 11 * 60_000)
  expect(textOf(await operator.get(path))).toContain('longer than ten minutes')
})

test('a denied consent says who may have denied it', async () => {
  await using site = await openSite()
  const operator = await site.operator()
  const page = await operator.get(await consent(operator, site, { decision: 'cancel' }))
  expect([page.status, textOf(page)]).toEqual([403, expect.stringContaining('listed test users')])
})

test('a missing permission is named, with the words on Google’s page', async () => {
  await using site = await openSite()
  const operator = await site.operator()
  const scope = 'https://www.googleapis.com/auth/gmail.labels'
  const page = await operator.get(await consent(operator, site, { without: [scope] }))
  expect(page.status).toBe(403)
  expect(textOf(page)).toContain('See and edit your email labels')
  expect(textOf(page)).toContain(scope)
  expect(textOf(page)).not.toContain('gmail.send')
  expect(textOf(page)).toContain('tick every box')
})

test('an answer without a code, or with an error of Google’s own, is explained', async () => {
  await using site = await openSite()
  const operator = await site.operator()
  const [first, second] = [await consent(operator, site), await consent(operator, site)]
  const state = (path: string) => new URL(path, site.url).searchParams.get('state')
  const noCode = await operator.get(`/oauth/google/callback?state=${state(first)}`)
  expect(textOf(noCode)).toContain('Google sent nothing to connect with')
  const error = await operator.get(
    `/oauth/google/callback?state=${state(second)}&error=${encodeURIComponent('<script>alert(1)</script>')}`,
  )
  expect(error.html).toContain('&lt;script&gt;')
  expect(error.html).not.toContain('<script>alert')
})

test('a fault at Google connects nothing and says what Google answered', async () => {
  await using site = await openSite()
  const operator = await site.operator()
  const path = await consent(operator, site)
  const { pathname } = new URL(site.world.config.GOOGLE_TOKEN_URI)
  site.world.sandbox.control.addFault({ path: pathname, status: 503, message: 'a bad moment' })
  const page = await operator.get(path)
  expect([page.status, textOf(page)]).toEqual([502, expect.stringContaining('a bad moment')])
})
