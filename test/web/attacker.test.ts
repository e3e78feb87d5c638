import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { DEFAULT_SETTINGS } from '../../src/domain/account.ts'
import { startConnecting } from '../../src/warmup/connect-account.ts'
import { giveConsent } from '../support/consent.ts'
import { fingerprint } from '../support/fingerprint.ts'
import { askRaw } from './raw.ts'
import { pathsOf } from './routes.ts'
import { openSite, PASSWORD, type Site } from './site.ts'
import { csrfOf, textOf, type Visitor } from './visitor.ts'

const ANNA = 'anna@sandbox.test'
const EVIL = 'evil.example'

const signInLink = async ({ world }: Site) =>
  `/sign-in?token=${await world.runtime.warmup.store.oneTime.issueSignIn(new Date())}`

/** A visit to Google that an operator has begun, up to what Google sends the browser back with. */
async function visit({ world }: Site, email = ANNA) {
  world.sandbox.control.createMailbox(email)
  return giveConsent(await startConnecting(world.runtime.warmup, DEFAULT_SETTINGS, new Date()), email)
}
const callback = (parameters: Record<string, string>) =>
  `/oauth/google/callback?${new URLSearchParams(parameters)}`

test.each([
  ['a link', async (site: Site, victim: Visitor) => victim.get(await signInLink(site))],
  [
    'the password',
    (_: Site, victim: Visitor) => victim.submit('/sign-in', '/sign-in', { password: PASSWORD }),
  ],
])('a session that was planted before somebody signs in by %s stays worth nothing', async (_, signIn) => {
  await using site = await openSite()
  const [attacker, victim] = [site.visitor(), site.visitor()]
  await attacker.get('/sign-in')
  expect(attacker.cookie).not.toBe('')
  victim.cookie = attacker.cookie
  expect((await signIn(site, victim)).location).toBe('/')
  expect((await victim.get('/')).status).toBe(200)
  expect((await attacker.get('/')).location).toBe('/sign-in')
})

test('a session that we did not sign, or whose id was made up, opens nothing', async () => {
  await using site = await openSite()
  const { cookie } = await site.operator()
  const [, id = ''] = cookie.match(/^kindling=s%3A([^.]+)\./) ?? []
  const forged = [
    `kindling=${id}`,
    `kindling=s%3A${id}.made-up`,
    `kindling=s%3Amade-up.${'A'.repeat(43)}`,
    'kindling=',
  ]
  for (const planted of forged) {
    const visitor = site.visitor()
    visitor.cookie = planted
    expect([planted, (await visitor.get('/')).location]).toEqual([planted, '/sign-in'])
  }
})

test('no address leads a visitor to another site', async () => {
  await using site = await openSite()
  const { cookie } = await site.operator()
  const guest = '' as string
  const targets = [
    `//${EVIL}`,
    `https://${EVIL}`,
    `/\\${EVIL}`,
    `%2f%2f${EVIL}`,
    `/%0d%0aLocation:%20//${EVIL}`,
  ]
  const names = [
    'next',
    'return',
    'return_to',
    'returnTo',
    'redirect',
    'redirect_uri',
    'url',
    'from',
    'continue',
  ]
  const own = pathsOf(site.app, 'GET').filter((path) => !path.startsWith('/assets'))
  const asked = [
    ...targets.map((target) => (target.startsWith('/') ? target : `/${target}`)),
    ...own.flatMap((path) =>
      targets.map((target) => `${path}?${names.map((name) => `${name}=${target}`).join('&')}`),
    ),
  ]
  for (const path of asked)
    for (const session of [cookie, guest]) {
      const headers = {
        host: new URL(site.url).host,
        cookie: session,
        referer: `https://${EVIL}/`,
        'x-forwarded-host': EVIL,
      }
      const { headers: received } = await askRaw(site.url, path, { headers })
      const location = received.location ?? '/'
      expect([path, location]).toEqual([path, expect.stringMatching(/^\/(?![/\\])/)])
      expect([path, location]).not.toEqual([path, expect.stringContaining(EVIL)])
    }
})

test('another Host is answered by nothing but the probes, the API and a refusal', async () => {
  await using site = await openSite()
  const { host, port } = new URL(site.url)
  const { cookie } = await site.operator()
  const others = [
    EVIL,
    `${EVIL}:${port}`,
    `${host}.${EVIL}`,
    `localhost:${port}`,
    `${host}:80`,
    `${host}.`,
    `x@${host}`,
  ]
  const own = pathsOf(site.app, 'GET').filter((path) => !/^\/(healthz|readyz|metrics)$/.test(path))
  for (const path of own) {
    const { status } = await askRaw(site.url, path, {
      headers: { host: EVIL, cookie, 'x-forwarded-host': host },
    })
    expect([path, status]).toEqual([path, 421])
  }
  for (const other of others)
    expect([other, (await askRaw(site.url, '/', { headers: { host: other, cookie } })).status]).toEqual([
      other,
      421,
    ])
  // A whole address in the place of the path changes nothing: the Host counts.
  const { status } = await askRaw(site.url, `http://${host}/`, { headers: { host: EVIL, cookie } })
  expect(status).toBe(421)
})

test('a path outside the static folder is not served, however it is written', async () => {
  await using site = await openSite()
  const { host } = new URL(site.url)
  const { cookie } = await site.operator()
  const folder =
    pathsOf(site.app, 'GET')
      .find((path) => path.startsWith('/assets/'))
      ?.replace(/[^/]+$/, '') ?? ''
  const up = [
    '../',
    '..%2f',
    '%2e%2e/',
    '%2e%2e%2f',
    '..%5c',
    '..\\',
    '....//',
    '%252e%252e%252f',
    '..%c0%af',
    '..;/',
  ]
  for (const step of up)
    for (const file of ['package.json', 'etc/passwd', 'views/layout.ejs', 'package.json%00.css']) {
      const path = `${folder}${step.repeat(6)}${file}`
      const { status, text } = await askRaw(site.url, path, { headers: { host, cookie } })
      expect([path, status === 404 || status === 400]).toEqual([path, true])
      expect(text).not.toMatch(/"dependencies"|root:|<%-/)
    }
})

test('a state opens one visit: made up, another’s, used or too old, it connects nothing', async () => {
  let now = new Date()
  await using site = await openSite({ wallNow: () => now })
  const { db } = site.world.runtime
  const operator = await site.operator()
  const [first, second, third] = [await visit(site), await visit(site, 'ben@sandbox.test'), await visit(site)]
  const title = 'This visit to Google is over'
  const before = await fingerprint(db)
  const forged = [
    'made-up',
    `${first.state}x`,
    first.state?.slice(1) ?? '',
    first.state?.toUpperCase() ?? '',
    '\0',
  ]
  for (const state of forged)
    expect([state, textOf(await operator.get(callback({ state, code: first.code ?? '' })))]).toEqual([
      state,
      expect.stringContaining(title),
    ])
  expect(await fingerprint(db)).toEqual(before)

  // The code of one visit does not fit the state of another: each has its own PKCE verifier, which stays here.
  const swapped = await operator.get(callback({ state: second.state ?? '', code: first.code ?? '' }))
  expect(swapped.status).toBe(502)
  expect(await site.world.runtime.warmup.store.accounts.all()).toEqual([])

  now = new Date(now.getTime() + 11 * 60_000)
  expect(textOf(await operator.get(callback({ ...third })))).toContain(title)
  expect(await site.world.runtime.warmup.store.accounts.all()).toEqual([])
})

test('a state that is brought back by somebody without its session connects what its operator chose, and signs nobody in', async () => {
  await using site = await openSite()
  const brought = await visit(site)
  const stranger = site.visitor()
  const page = await stranger.get(callback({ ...brought, isOperator: 'true', kind: 'vault' }))
  expect([page.status, stranger.cookie]).toEqual([200, ''])
  expect((await stranger.get('/')).location).toBe('/sign-in')
  const [account] = await site.world.runtime.warmup.store.accounts.all()
  expect(account).toMatchObject({ email: ANNA, kind: DEFAULT_SETTINGS.kind })
})

test('an action is done by POST with a form’s body, and by nothing else', async () => {
  await using site = await openSite()
  await site.world.connect(ANNA)
  const operator = await site.operator()
  const token = csrfOf(await operator.get('/'))
  const headers = { host: new URL(site.url).host, cookie: operator.cookie }
  const urlencoded = { ...headers, 'content-type': 'application/x-www-form-urlencoded' }
  const multipart = `--x\r\nContent-Disposition: form-data; name="_csrf"\r\n\r\n${token}\r\n--x--\r\n`
  const before = await fingerprint(site.world.runtime.db)
  for (const path of pathsOf(site.app, 'POST').filter(
    (path) => !['/connect', '/hooks/gmail'].includes(path),
  )) {
    for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'TRACE']) {
      const override = { 'x-http-method-override': 'POST', 'x-method-override': 'POST' }
      const sent = { method, headers: { ...urlencoded, ...override }, body: `_csrf=${token}&_method=POST` }
      const { status } = await askRaw(site.url, `${path}?_method=POST&_csrf=${token}`, sent)
      expect([method, path, status]).not.toEqual([method, path, 303])
    }
    const bodies = [
      ['application/json', JSON.stringify({ _csrf: token })],
      ['text/plain', `_csrf=${token}`],
      ['multipart/form-data; boundary=x', multipart],
      ['application/x-www-form-urlencoded; charset=utf-16', `_csrf=${token}`],
      ['', `_csrf=${token}`],
    ] as const
    for (const [type, body] of bodies) {
      const { status } = await askRaw(site.url, path, {
        method: 'POST',
        headers: { ...headers, 'content-type': type },
        body,
      })
      expect([type, path, status === 403 || status === 400]).toEqual([type, path, true])
    }
  }
  expect(await fingerprint(site.world.runtime.db)).toEqual(before)
  expect(site.errors).toEqual([])
})

test('every answer forbids to be framed, guessed at or leaked as a referrer, and no page is kept', async () => {
  await using site = await openSite()
  await site.world.connect(ANNA)
  const operator = await site.operator()
  const pages = pathsOf(site.app, 'GET')
  const others = [
    '/no-such-page',
    '/api/v1/me',
    '/api/v1/openapi.json',
    '/accounts/%E0%A4%A',
    '/accounts/424242',
  ]
  for (const visitor of [operator, site.visitor()])
    for (const path of [...pages, ...others]) {
      const { headers, status } = await visitor.get(path)
      expect([path, headers.get('x-frame-options')]).toEqual([path, 'DENY'])
      expect([path, headers.get('content-security-policy')]).toEqual([
        path,
        expect.stringContaining("frame-ancestors 'none'"),
      ])
      expect([path, headers.get('x-content-type-options')]).toEqual([path, 'nosniff'])
      expect([path, headers.get('referrer-policy')]).toEqual([path, 'no-referrer'])
      const isHtml = headers.get('content-type')?.startsWith('text/html') && status !== 302
      if (isHtml) expect([path, headers.get('cache-control')]).toEqual([path, 'no-store'])
    }
})

test('a small body that unpacks to a large one is too much', async () => {
  await using site = await openSite()
  const operator = await site.operator()
  const key = await site.world.runtime.warmup.store.apiKeys.issue({
    name: 'key',
    scopes: ['accounts:write'],
    expiresAt: null,
    now: new Date(),
  })
  const form = gzipSync(`_csrf=${csrfOf(await operator.get('/'))}&x=${'a'.repeat(20_000_000)}`)
  const json = gzipSync(JSON.stringify({ kind: 'a'.repeat(20_000_000) }))
  const post = async (path: string, body: Buffer, headers: Record<string, string>) => {
    const sent = {
      method: 'POST',
      body: new Uint8Array(body),
      headers: { 'content-encoding': 'gzip', ...headers },
    }
    return (await fetch(site.url + path, sent)).status
  }
  const type = 'application/x-www-form-urlencoded'
  expect(await post('/settings', form, { 'content-type': type, cookie: operator.cookie })).toBe(413)
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` }
  expect(await post('/api/v1/accounts/anna@example.com/connect-link', json, headers)).toBe(413)
})

test('a request for no path, or for another server’s, is refused as any other', async () => {
  await using site = await openSite()
  const { host } = new URL(site.url)
  for (const [method, path, status] of [
    ['OPTIONS', '*', 401],
    ['GET', '*', 302],
    ['GET', `http://${EVIL}/`, 302],
    ['POST', `http://${EVIL}/settings`, 401],
  ] as const)
    expect([method, path, (await askRaw(site.url, path, { method, headers: { host } })).status]).toEqual([
      method,
      path,
      status,
    ])
  expect(site.errors).toEqual([])
})

test('an address or headers that are too long are refused by the server itself', async () => {
  await using site = await openSite()
  const { host } = new URL(site.url)
  expect((await askRaw(site.url, `/sign-in?x=${'a'.repeat(20_000)}`, { headers: { host } })).status).toBe(431)
  expect((await askRaw(site.url, '/', { headers: { host, cookie: 'x'.repeat(20_000) } })).status).toBe(431)
  expect((await site.visitor().get('/healthz')).status).toBe(200)
})
