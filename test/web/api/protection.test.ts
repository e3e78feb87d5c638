import { request } from 'node:http'
import { expect, test } from 'vitest'
import { createDashboard } from '../../../src/db/dashboard.ts'
import { OPERATIONS } from '../../../src/web/api/operations.ts'
import { openApi } from './caller.ts'

const EMAIL = 'anna@example.com'
const CREDENTIALS = { client_id: 'a', client_secret: 'b', refresh_token: 'c' }
const CALLS = OPERATIONS.flatMap(({ method, route, scope }) =>
  scope === null ? [] : [[method.toUpperCase(), pathOf(route), scope] as const],
)
const FOR_ANY_KEY = OPERATIONS.filter(({ scope }) => scope === null).map(
  ({ method, route }) => [method.toUpperCase(), pathOf(route)] as const,
)
const bodyFor = (method: string) => (method === 'PUT' ? { body: CREDENTIALS } : {})

function pathOf(route: string): string {
  return `/v1${route.replace(/\{\w+\}/, EMAIL).replace('{message}', '1')}`
}

test.each(CALLS)(
  '%s %s needs the scope for what it touches, and to write where it changes something',
  (method, path, scope) => {
    const isAbout = (parts: RegExp) => parts.test(path)
    const kept = isAbout(/\/messages/) ? 'messages' : 'accounts'
    const subject = isAbout(/\/(token|credentials)/) ? 'tokens' : kept
    expect(scope).toBe(`${subject}:${method === 'GET' ? 'read' : 'write'}`)
  },
)

test('any key may look at itself and at the description, and at nothing else', () => {
  expect(FOR_ANY_KEY).toEqual([
    ['GET', '/v1/me'],
    ['GET', '/v1/openapi.json'],
  ])
})

test('without a valid key nothing is answered, known path or not', async () => {
  await using api = await openApi()
  const [revoked, ended] = [await api.issueKey(), await api.issueKey(undefined, new Date(Date.now() - 1000))]
  const { apiKeys } = api.world.runtime.warmup.store
  const { id } = (await apiKeys.all()).find(({ name }) => name === 'key 2') ?? { id: 0 }
  expect((await api.call('GET', '/v1/me', { key: revoked })).status).toBe(200)
  expect(await apiKeys.revoke(id, new Date())).toBe(true)
  const unknown = [
    ['GET', ''],
    ['GET', '/v1'],
    ['GET', '/v1/nothing'],
    ['PATCH', '/v1/me'],
  ] as const
  for (const key of [null, 'made-up', revoked, ended])
    for (const [method, path] of [...CALLS, ...FOR_ANY_KEY, ...unknown]) {
      const reply = await api.call(method, path, { key, ...bodyFor(method) })
      expect([method, path, reply.status, reply.problem]).toEqual([method, path, 401, 'unauthenticated'])
      expect(reply.headers.get('www-authenticate')).toBe('Bearer')
    }
})

test('a key works to its end, and not beyond it', async () => {
  let now = new Date()
  await using api = await openApi({ wallNow: () => now })
  const end = new Date(now.getTime() + 60_000)
  const key = await api.issueKey(['tokens:read'], end)
  expect((await api.call('GET', '/v1/me', { key })).body).toEqual({
    name: 'key 2',
    scopes: ['tokens:read'],
    expires_at: end.toISOString(),
    last_used_at: null,
  })
  const used = now
  now = new Date(end.getTime() - 1)
  expect((await api.call('GET', '/v1/me', { key })).body.last_used_at).toBe(used.toISOString())
  now = end
  expect((await api.call('GET', '/v1/me', { key })).status).toBe(401)
})

test('a key may do what its scopes say, and any key may look at itself and at the description', async () => {
  await using api = await openApi()
  await api.world.connect(EMAIL)
  const bare = await api.issueKey([])
  for (const [method, path] of FOR_ANY_KEY)
    expect((await api.call(method, path, { key: bare })).status).toBe(200)
  for (const [method, path, scope] of CALLS) {
    const others = CALLS.map(([, , other]) => other).filter((other) => other !== scope)
    const lacking = await api.call(method, path, {
      key: await api.issueKey([...new Set(others)]),
      ...bodyFor(method),
    })
    expect([method, path, lacking.status, lacking.problem]).toEqual([method, path, 403, 'insufficient_scope'])
    expect(lacking.body.needed_scope).toBe(scope)
    expect(lacking.headers.get('www-authenticate')).toContain(`scope="${scope}"`)
    const having = await api.call(method, path, { key: await api.issueKey([scope]), ...bodyFor(method) })
    expect([method, path, having.status]).not.toEqual([method, path, 403])
  }
})

test('a session is no key', async () => {
  await using api = await openApi()
  const { cookie } = await api.site.operator()
  const reply = await api.call('GET', '/v1/accounts', { key: null, headers: { cookie } })
  expect(reply.status).toBe(401)
})

test('a key is answered at any Host, and never with a cookie', async () => {
  await using api = await openApi()
  const key = await api.issueKey()
  const answer = await new Promise<{ status?: number | undefined; cookie: unknown }>((resolve) => {
    const headers = { host: 'kindling:3000', authorization: `bearer ${key}`, cookie: 'kindling=s%3Amade.up' }
    request(`${api.site.url}/api/v1/me`, { headers }, (response) => {
      response.resume()
      resolve({ status: response.statusCode, cookie: response.headers['set-cookie'] })
    }).end()
  })
  expect(answer).toEqual({ status: 200, cookie: undefined })
})

test('unknown paths and methods are problems too', async () => {
  await using api = await openApi()
  for (const path of ['', '/', '/v1', '/v2/me', '/v1/me/', '/v1/Me', '/v1/accounts/1/2'])
    expect([path, (await api.call('GET', path)).problem]).toEqual([path, 'not_found'])
  const reply = await api.call('PATCH', `/v1/accounts/${EMAIL}`)
  expect([reply.status, reply.problem, reply.headers.get('allow')]).toEqual([
    405,
    'method_not_allowed',
    'GET, DELETE',
  ])
})

test('a key that calls too often has to wait, and only that key', async () => {
  await using api = await openApi()
  const [busy, calm] = [await api.issueKey(), await api.issueKey()]
  const statuses: number[] = []
  for (let i = 0; i < 15; i += 1)
    statuses.push(
      ...(await Promise.all(
        Array.from({ length: 40 }, async () => (await api.call('GET', '/v1/me', { key: busy })).status),
      )),
    )
  expect(new Set(statuses)).toEqual(new Set([200]))
  const refused = await api.call('GET', '/v1/accounts', { key: busy })
  expect([refused.status, refused.problem]).toEqual([429, 'rate_limited'])
  const wait = Number(refused.headers.get('retry-after'))
  expect(wait).toBe(refused.body.retry_after_seconds)
  expect(wait).toBeGreaterThan(0)
  expect(wait).toBeLessThanOrEqual(60)
  expect((await api.call('GET', '/v1/me', { key: calm })).status).toBe(200)
})

test('a key may force sixty refreshes a minute', async () => {
  await using api = await openApi()
  const key = await api.issueKey()
  const path = '/v1/accounts/4242/token/refresh'
  const replies = await Promise.all(Array.from({ length: 60 }, () => api.call('POST', path, { key })))
  expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([404]))
  expect((await api.call('POST', path, { key })).problem).toBe('rate_limited')
  expect((await api.call('GET', '/v1/me', { key })).status).toBe(200)
})

test('a key may hand in sixty refresh tokens a minute', async () => {
  await using api = await openApi()
  const key = await api.issueKey()
  const path = `/v1/accounts/${EMAIL}/credentials`
  const handIn = () => api.call('PUT', path, { key, body: {} })
  const replies = await Promise.all(Array.from({ length: 60 }, handIn))
  expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([422]))
  expect((await handIn()).problem).toBe('rate_limited')
  expect((await api.call('GET', '/v1/me', { key })).status).toBe(200)
})

test('HEAD does nothing of what GET does', async () => {
  await using api = await openApi()
  const { id } = await api.world.connect(EMAIL)
  const { warmup, db } = api.world.runtime
  const headers = { authorization: `Bearer ${await api.issueKey()}` }
  const handouts = () => createDashboard(db).handoutsOf(id, 10)
  for (const path of [`/v1/accounts/${id}/token`, '/v1/me']) {
    const reply = await fetch(`${api.site.url}/api${path}`, { method: 'HEAD', headers })
    expect([reply.status, reply.headers.get('allow')]).toEqual([405, 'GET'])
  }
  expect(await handouts()).toEqual([])
  expect((await warmup.store.tokens.of(id))?.version).toBe(1)
  await api.call('GET', `/v1/accounts/${id}/token`)
  expect(await handouts()).toHaveLength(1)
})
