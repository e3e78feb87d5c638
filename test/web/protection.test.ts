import { request } from 'node:http'
import { describe, expect, test } from 'vitest'
import { fingerprint } from '../support/fingerprint.ts'
import { pathsOf } from './routes.ts'
import { openSite } from './site.ts'
import { csrfOf, textOf } from './visitor.ts'

/** What answers anybody: the probes, our files, where people come from Google, by a link or to sign in, and Google itself. */
const PUBLIC =
  /^\/(healthz|readyz|metrics|connect|sign-in|oauth\/google\/callback|hooks\/gmail|assets\/\w+\/[\w.-]+)$/
const isPrivate = (path: string) => !PUBLIC.test(path)

test('without a session every page leads to the sign-in and every action is refused', async () => {
  await using site = await openSite()
  const visitor = site.visitor()
  const pages = pathsOf(site.app, 'GET').filter(isPrivate)
  const actions = pathsOf(site.app, 'POST').filter(isPrivate)
  expect(pages).toEqual(expect.arrayContaining(['/', '/accounts/1', '/settings', '/docs']))
  expect(actions).toEqual(expect.arrayContaining(['/sign-out', '/accounts/1/remove', '/api-keys']))
  const before = await fingerprint(site.world.runtime.db)
  for (const path of [...pages, '/no-such-page']) {
    const page = await visitor.get(path)
    expect([path, page.status, page.location]).toEqual([path, 302, '/sign-in'])
  }
  for (const path of [...actions, '/no-such-action'])
    expect([path, (await visitor.post(path, {})).status]).toEqual([path, 401])
  expect(await fingerprint(site.world.runtime.db)).toEqual(before)
})

test('a page that renews itself is sent to the sign-in once its session is over', async () => {
  await using site = await openSite()
  const part = await site.visitor().get('/', { 'HX-Request': 'true' })
  expect([part.status, part.headers.get('hx-redirect')]).toEqual([401, '/sign-in'])
})

test('a form without this session’s token changes nothing', async () => {
  await using site = await openSite()
  await site.world.connect('anna@sandbox.test')
  const [operator, other] = [await site.operator(), await site.operator()]
  const stolen = csrfOf(await other.get('/'))
  // The link itself is what /connect asks for, and Google has no session.
  const actions = pathsOf(site.app, 'POST').filter((path) => !['/connect', '/hooks/gmail'].includes(path))
  expect(actions.length).toBeGreaterThan(15)
  const before = await fingerprint(site.world.runtime.db)
  for (const token of ['', 'made up', stolen])
    for (const path of actions)
      expect([path, (await operator.post(path, { _csrf: token })).status]).toEqual([path, 403])
  expect(await fingerprint(site.world.runtime.db)).toEqual(before)
})

test('another Host is refused, except for the probes', async () => {
  await using site = await openSite()
  const statusFor = (path: string) =>
    new Promise<number | undefined>((resolve) => {
      request(site.url + path, { headers: { host: 'evil.example' } }, (response) => {
        response.resume()
        resolve(response.statusCode)
      }).end()
    })
  expect(await statusFor('/')).toBe(421)
  expect(await statusFor('/sign-in')).toBe(421)
  expect(await statusFor('/healthz')).toBe(200)
  expect(await statusFor('/readyz')).toBe(200)
})

describe('readyz', () => {
  test.each([
    ['queue', 'does not answer'],
    ['migrations', 'the database is older than this version: run npm run migrate'],
  ])('says which part is missing: %s', async (part, words) => {
    const parts = { postgres: 'ok', migrations: 'ok', queue: 'ok', [part]: words }
    await using site = await openSite({ ready: async () => ({ parts, secondsOverdue: 0 }) })
    const page = await site.visitor().get('/readyz')
    expect(page.status).toBe(503)
    expect(JSON.parse(page.html)).toEqual({
      status: 'unavailable',
      parts: { ...parts, tasks: 'ok' },
      oldest_due_task_seconds: 0,
    })
  })

  test('stays ready while tasks are late, and says for how long', async () => {
    const parts = { postgres: 'ok' }
    await using site = await openSite({ ready: async () => ({ parts, secondsOverdue: 734.2 }) })
    const page = await site.visitor().get('/readyz')
    expect(page.status).toBe(200)
    expect(JSON.parse(page.html)).toEqual({
      status: 'late',
      parts: { postgres: 'ok', tasks: 'late: one has been due for 12 minutes; see whether workers run' },
      oldest_due_task_seconds: 734,
    })
  })
})

test('the policy allows no inline code, and forms only to us and to Google', async () => {
  await using site = await openSite()
  const page = await (await site.operator()).get('/')
  const policy = page.headers.get('content-security-policy') ?? ''
  expect(policy).toContain("default-src 'self'")
  expect(policy).not.toContain('unsafe')
  expect(policy).toContain(`form-action 'self' ${new URL(site.world.config.GOOGLE_AUTH_URI).origin}`)
  expect(page.html).not.toMatch(/<script(?![^>]* src=)|<style|\son\w+=|\sstyle=/)
  expect(page.headers.get('x-powered-by')).toBeNull()
  expect(page.headers.get('cache-control')).toBe('no-store')
})

test('assets are kept for good and nothing beside them is served', async () => {
  await using site = await openSite()
  const { html } = await site.visitor().get('/sign-in')
  const assets = [...html.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '')
  expect(assets.length).toBeGreaterThan(4)
  for (const path of assets) {
    const asset = await site.visitor().get(path)
    expect([asset.status, asset.headers.get('cache-control')]).toEqual([
      200,
      'public, max-age=31536000, immutable',
    ])
  }
  const folder = assets[0]?.slice(0, assets[0].lastIndexOf('/'))
  for (const name of ['../package.json', '..%2f..%2fpackage.json', 'pico.css', ''])
    expect((await site.visitor().get(`${folder}/${name}`)).location).toBe('/sign-in')
})

test.each([
  '/accounts/abc',
  '/accounts/0',
  '/accounts/-1',
  '/accounts/99999999999999999999',
  '/accounts/424242',
])('%s is not found', async (path) => {
  await using site = await openSite()
  const operator = await site.operator()
  for (const page of [path, `${path}/remove`, path.replace('accounts', 'messages')])
    expect([page, (await operator.get(page)).status]).toEqual([page, 404])
  expect((await operator.submit('/', `${path}/pause`)).status).toBe(404)
  expect(site.errors).toEqual([])
})

test('a form that is too big, or has too many fields, gets a clear answer', async () => {
  await using site = await openSite()
  const operator = await site.operator()
  const big = await operator.submit('/', '/accounts/connect', { kind: 'x'.repeat(30_000) })
  expect([big.status, textOf(big)]).toEqual([413, expect.stringContaining('20 kB')])
  const many = await operator.submit(
    '/',
    '/accounts/connect',
    Array.from({ length: 60 }, () => ['kind', 'pool'] as [string, string]),
  )
  expect(many.status).toBe(413)
})

test('an address that can’t be decoded is the visitor’s mistake', async () => {
  await using site = await openSite()
  const operator = await site.operator()
  expect((await operator.get('/accounts/%E0%A4%A')).status).toBe(400)
  expect((await operator.get('/?page=-3&kind=x&kind=y&q=%00&status=%00')).status).toBe(200)
})

test('an error of ours shows a reference, and only the log tells what it was', async () => {
  await using site = await openSite()
  const { warmup } = site.world.runtime
  const operator = await site.operator()
  await using _ = failing(warmup.store.accounts, new Error('the secret reason'))
  const page = await operator.get('/accounts/1?code=very-secret')
  expect(page.status).toBe(500)
  expect(page.html).not.toContain('secret')
  const reference = textOf(page).match(/Reference: (\w+)/)?.[1]
  expect(site.errors).toEqual([
    [expect.objectContaining({ reference, method: 'GET', path: '/accounts/1' }), 'a page broke'],
  ])
})

function failing(accounts: { byId: unknown }, error: Error): AsyncDisposable {
  const { byId } = accounts
  accounts.byId = () => Promise.reject(error)
  return {
    async [Symbol.asyncDispose]() {
      accounts.byId = byId
    },
  }
}
