import session from 'express-session'
import { expect, test } from 'vitest'
import { openSite, PASSWORD } from './site.ts'
import { textOf } from './visitor.ts'

const link = async ({ world }: Awaited<ReturnType<typeof openSite>>) =>
  `/sign-in?token=${await world.runtime.warmup.store.oneTime.issueSignIn(new Date())}`

test('a sign-in link works once', async () => {
  await using site = await openSite()
  const path = await link(site)
  const operator = site.visitor()
  const first = await operator.get(path)
  expect([first.status, first.location]).toEqual([303, '/'])
  expect((await operator.get('/')).status).toBe(200)

  const second = await site.visitor().get(path)
  expect(second.status).toBe(401)
  expect(textOf(second)).toContain('This link was used before')
})

test('looking ahead with HEAD does not use a link up', async () => {
  await using site = await openSite()
  const path = await link(site)
  await fetch(site.url + path, { method: 'HEAD' })
  expect((await site.visitor().get(path)).location).toBe('/')
})

test('the password signs in, under a new session id', async () => {
  await using site = await openSite()
  const visitor = site.visitor()
  await visitor.get('/sign-in')
  const before = visitor.cookie
  const signedIn = await visitor.submit('/sign-in', '/sign-in', { password: PASSWORD })
  expect(signedIn.location).toBe('/')
  expect(visitor.cookie).not.toBe(before)
  expect((await visitor.get('/')).status).toBe(200)
})

test('a wrong password, or one sent twice, is refused', async () => {
  await using site = await openSite()
  const visitor = site.visitor()
  expect((await visitor.submit('/sign-in', '/sign-in', { password: 'wrong' })).status).toBe(401)
  const twice = await visitor.submit('/sign-in', '/sign-in', [
    ['password', PASSWORD],
    ['password', PASSWORD],
  ])
  expect(twice.status).toBe(401)
  expect((await visitor.get('/')).location).toBe('/sign-in')
})

test('after ten wrong passwords even the right one has to wait; links still work', async () => {
  await using site = await openSite()
  const visitor = site.visitor()
  for (let n = 0; n < 10; n++) await visitor.submit('/sign-in', '/sign-in', { password: `wrong ${n}` })
  const right = await visitor.submit('/sign-in', '/sign-in', { password: PASSWORD })
  expect(right.status).toBe(429)
  expect(textOf(right)).toContain('Wait 15 minutes')
  expect((await site.visitor().get(await link(site))).location).toBe('/')
})

test('however many links were wrong, a good one works', async () => {
  await using site = await openSite()
  const visitor = site.visitor()
  for (let n = 0; n < 10; n++) expect((await visitor.get(`/sign-in?token=wrong${n}`)).status).toBe(401)
  const wrong = await visitor.get('/sign-in?token=wrong')
  expect([wrong.status, textOf(wrong)]).toEqual([429, expect.stringContaining('Wait 15 minutes')])
  expect((await visitor.get('/sign-in')).status).toBe(200)
  expect((await visitor.get(await link(site))).location).toBe('/')
})

test('however often the form is looked at, it begins no more than three hundred sessions; who has one signs in', async () => {
  const sessionStore = new session.MemoryStore()
  await using site = await openSite({ sessionStore })
  const begun = () =>
    new Promise<number>((resolve) => sessionStore.all((_, all) => resolve(Object.keys(all ?? {}).length)))
  const early = site.visitor()
  await early.get('/sign-in')
  for (let round = 0; round < 20; round += 1)
    await Promise.all(Array.from({ length: 20 }, () => site.visitor().get('/sign-in')))
  expect(await begun()).toBe(300)
  const late = await site.visitor().get('/sign-in')
  expect([late.status, textOf(late)]).toEqual([429, expect.stringContaining('Wait 15 minutes')])
  expect((await early.submit('/sign-in', '/sign-in', { password: PASSWORD })).location).toBe('/')
  expect((await site.visitor().get(await link(site))).location).toBe('/')
})

test('signing in again and again is not counted as trying', async () => {
  await using site = await openSite()
  for (let n = 0; n < 12; n++)
    expect((await site.visitor().submit('/sign-in', '/sign-in', { password: PASSWORD })).location).toBe('/')
})

test('without a password the page says where links come from', async () => {
  await using site = await openSite({ operatorPassword: undefined })
  const page = await site.visitor().get('/sign-in')
  expect(page.html).not.toContain('type="password"')
  expect(textOf(page)).toContain('npm run sign-in-link')
  expect(page.headers.getSetCookie()).toEqual([])
})

test('signing out ends the session itself, not only the cookie', async () => {
  await using site = await openSite()
  const operator = await site.operator()
  const { cookie } = operator
  expect((await operator.submit('/', '/sign-out')).location).toBe('/sign-in')
  operator.cookie = cookie
  expect((await operator.get('/')).location).toBe('/sign-in')
})

test('the session cookie is out of reach of scripts and of other sites’ forms', async () => {
  await using site = await openSite()
  const page = await site.visitor().get(await link(site))
  expect(page.headers.get('set-cookie')).toMatch(/^kindling=.*; HttpOnly; SameSite=Lax$/)
})

test('behind https the cookie is secure and browsers are told to stay with https', async () => {
  await using site = await openSite({ baseUrl: 'https://warmup.example' })
  const { request } = await import('node:http')
  const path = await link(site)
  const headers = await new Promise<NodeJS.Dict<string | string[]>>((resolve) => {
    request(site.url + path, { headers: { host: 'warmup.example' } }, (response) => {
      response.resume()
      resolve(response.headers)
    }).end()
  })
  expect(String(headers['set-cookie'])).toContain('; Secure')
  expect(headers['strict-transport-security']).toBeDefined()
})
