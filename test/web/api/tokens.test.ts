import { expect, test } from 'vitest'
import { eq } from '../../../src/db/drizzle.ts'
import { events } from '../../../src/db/schema.ts'
import { finishConnecting } from '../../../src/warmup/connect-account.ts'
import { followConnectLink } from '../../../src/warmup/connect-link.ts'
import { giveConsent } from '../../support/consent.ts'
import { HOUR, isTokenUri, openApi, refreshesOf } from './caller.ts'

const EMAIL = 'anna@example.com'
const MINUTE = 60_000

async function openConnected() {
  const api = await openApi()
  const account = await api.world.connect(EMAIL, { kind: 'pool' })
  const stored = async () => (await api.world.runtime.warmup.store.tokens.of(account.id))?.token
  return { api, account, stored, path: `/v1/accounts/${account.id}/token` }
}

test('a token is handed out by id and by address, as it is while it lives long enough', async () => {
  const { api, path, stored } = await openConnected()
  await using _ = api
  api.world.clock.pass(29.5 * MINUTE)
  const token = await stored()
  for (const place of [path, `/v1/accounts/${EMAIL.toUpperCase()}/token`])
    expect((await api.call('GET', place)).body).toEqual({
      access_token: token?.access_token,
      token_type: 'Bearer',
      expires_at: token?.expiry,
      valid_for_minutes: 30,
      refreshed: false,
      scopes: token?.scope.split(' '),
    })
  expect(refreshesOf(api.world)).toBe(0)
})

test('a token that lives shorter than asked is refreshed first', async () => {
  const { api, path, stored } = await openConnected()
  await using _ = api
  api.world.clock.pass(31 * MINUTE)
  expect((await api.call('GET', `${path}?min_valid_minutes=28`)).body.refreshed).toBe(false)
  const { body } = await api.call('GET', path)
  expect(body).toMatchObject({
    refreshed: true,
    valid_for_minutes: 59,
    access_token: (await stored())?.access_token,
  })
  api.world.clock.pass(10 * MINUTE)
  expect((await api.call('GET', `${path}?min_valid_minutes=55`)).body.refreshed).toBe(true)
  expect(refreshesOf(api.world)).toBe(2)
})

test('two hundred programs that ask for an ended token at once cause one refresh', async () => {
  const { api, path } = await openConnected()
  await using _ = api
  api.world.clock.pass(2 * HOUR)
  api.world.sandbox.control.addFault({ ...isTokenUri, delayMs: 200 })
  const replies = await Promise.all(Array.from({ length: 200 }, () => api.call('GET', path)))
  expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]))
  expect(new Set(replies.map(({ body }) => body.access_token)).size).toBe(1)
  expect(refreshesOf(api.world)).toBe(1)
})

test('a forced refresh gives another token, and those who force it at once the same one', async () => {
  const { api, path, stored } = await openConnected()
  await using _ = api
  const before = await stored()
  api.world.sandbox.control.addFault({ ...isTokenUri, delayMs: 500 })
  const replies = await Promise.all([1, 2, 3].map(() => api.call('POST', `${path}/refresh`)))
  expect(new Set(replies.map(({ body }) => body.access_token)).size).toBe(1)
  expect(replies[0]?.body).toMatchObject({ refreshed: true, access_token: (await stored())?.access_token })
  expect(replies[0]?.body.access_token).not.toBe(before?.access_token)
  expect(refreshesOf(api.world)).toBe(1)
})

test('a paused account hands out its token', async () => {
  const { api, path } = await openConnected()
  await using _ = api
  await api.call('POST', path.replace('/token', '/pause'))
  expect((await api.call('GET', path)).status).toBe(200)
})

test('what was handed out, and to whom, is kept', async () => {
  const { api, path, account } = await openConnected()
  await using _ = api
  await api.call('GET', path)
  const served = await api.world.runtime.db.select().from(events).where(eq(events.kind, 'token_served'))
  expect(served).toMatchObject([{ accountId: account.id, data: { key: 'key 1', refreshed: false } }])
})

test('while Google is down the problem says how long the token at hand is good for, and that is given', async () => {
  const { api, path, stored } = await openConnected()
  await using _ = api
  api.world.sandbox.control.addFault({ ...isTokenUri, status: 503, count: 1000 })
  api.world.clock.pass(47.5 * MINUTE)
  const down = await api.call('GET', path)
  expect([down.status, down.problem]).toEqual([503, 'google_unavailable'])
  expect(down.body).toMatchObject({ valid_for_minutes: 12, failure: { code: 'google_unavailable' } })
  const wait = Number(down.headers.get('retry-after'))
  expect(wait).toBeGreaterThanOrEqual(30)
  expect(wait).toBeLessThanOrEqual(45)
  expect(down.body.retry_after_seconds).toBe(wait)

  const less = await api.call('GET', `${path}?min_valid_minutes=${down.body.valid_for_minutes}`)
  expect(less.body).toMatchObject({ access_token: (await stored())?.access_token, refreshed: false })
  expect((await api.call('POST', `${path}/refresh`)).problem).toBe('google_unavailable')
  api.world.clock.pass(HOUR)
  expect((await api.call('GET', path)).body.valid_for_minutes).toBe(0)
})

test('a refused OAuth client is no account’s problem', async () => {
  const { api, path } = await openConnected()
  await using _ = api
  api.world.sandbox.control.setClientSecret('kindling-test', 'another')
  api.world.clock.pass(2 * HOUR)
  const refused = await api.call('GET', path)
  expect([refused.status, refused.problem]).toEqual([503, 'app_refused'])
  expect(refused.headers.get('retry-after')).toBe('60')
  expect((await api.call('GET', path.replace('/token', ''))).body.status).toBe('active')
})

test('a domain’s policy against the app is named, with the time of the next try', async () => {
  const { api, path } = await openConnected()
  await using _ = api
  api.world.sandbox.control.forbidByPolicy(EMAIL, true)
  api.world.clock.pass(2 * HOUR)
  const refused = await api.call('GET', path)
  expect([refused.status, refused.problem]).toEqual([503, 'domain_policy'])
  const seconds = Number(refused.headers.get('retry-after'))
  expect(seconds).toBeGreaterThanOrEqual(3600)
  expect(seconds).toBeLessThanOrEqual(3615)
})

test('a dead grant comes with a link by which its owner mends it', async () => {
  const { api, path } = await openConnected()
  await using _ = api
  api.world.sandbox.control.killGrant(EMAIL, 'revoked')
  api.world.clock.pass(2 * HOUR)
  for (const [method, place] of [
    ['GET', path],
    ['POST', `${path}/refresh`],
    ['GET', `/v1/accounts/${EMAIL}/token`],
  ] as const) {
    const dead = await api.call(method, place)
    expect([dead.status, dead.problem, dead.body.failure.code]).toEqual([
      409,
      'needs_reauth',
      'grant_revoked',
    ])
  }
  const { body } = await api.call('GET', path)
  const { warmup } = api.world.runtime
  const link = new URL(body.connect_url).searchParams.get('link') ?? ''
  const inSixDays = new Date(Date.now() + 6 * 24 * HOUR)
  const consent = await followConnectLink(warmup, link, inSixDays)
  const result = await finishConnecting(warmup, await giveConsent(consent ?? '', EMAIL), inSixDays)
  expect(result).toMatchObject({ isNew: false })
  expect((await api.call('GET', path)).status).toBe(200)
  expect(await followConnectLink(warmup, link, inSixDays)).toBeNull()
})

test.each(['/v1/accounts/4242/token', '/v1/accounts/nobody@example.com/token'])(
  '%s is not found',
  async (path) => {
    await using api = await openApi()
    for (const [method, place] of [
      ['GET', path],
      ['POST', `${path}/refresh`],
    ] as const) {
      const reply = await api.call(method, place)
      expect([reply.status, reply.problem]).toEqual([404, 'not_found'])
    }
  },
)

test('the token of a removed account is given to nobody', async () => {
  const { api, path, account } = await openConnected()
  await using _ = api
  await api.call('DELETE', `/v1/accounts/${account.id}`)
  for (const place of [path, `/v1/accounts/${EMAIL}/token`])
    expect((await api.call('GET', place)).status).toBe(404)
})
