import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { eq } from '../../../src/db/drizzle.ts'
import { accounts } from '../../../src/db/schema.ts'
import { createSealer } from '../../../src/db/sealing.ts'
import { GMAIL_SCOPES } from '../../../src/domain/token.ts'
import { openApi } from './caller.ts'

const EMAIL = 'anna@example.com'

test('an account shows its settings and what is known of its token, and no secret', async () => {
  await using api = await openApi()
  const account = await api.world.connect(EMAIL, { openRate: 0.5, timeZone: 'Europe/Berlin' })
  const stored = await api.world.runtime.warmup.store.tokens.of(account.id)
  const byId = await api.call('GET', `/v1/accounts/${account.id}`)
  expect(byId.body).toEqual({
    id: account.id,
    email: EMAIL,
    kind: 'warmup',
    status: 'active',
    failure: null,
    last_error: null,
    settings: {
      open_rate: 0.5,
      reply_rate: 0.55,
      important_rate: 0.3,
      star_rate: 0.1,
      rescue_rate: 1,
      primary_rate: 0.8,
      daily_limit: 50,
      ramp: 'standard',
      start_volume: 5,
      daily_increase: 2,
      daily_variation: 0,
      maintenance_volume: 20,
      time_zone: 'Europe/Berlin',
      send_days: [1, 2, 3, 4, 5],
      send_hours: ['09:00-18:00'],
      holidays: [],
      waking_hours: ['07:30-22:30'],
      min_pause_minutes: 3,
      display_name: '',
      signature: '',
    },
    health: 'healthy',
    rests_until: null,
    warmup_day: 0,
    connected_at: account.connectedAt.toISOString(),
    token: {
      scopes: expect.arrayContaining([...GMAIL_SCOPES]),
      missing_scopes: [],
      extra_scopes: [],
      obtained_at: stored?.token.obtained_at,
      refreshed_at: stored?.token.refreshed_at,
      expires_at: stored?.token.expiry,
      grant_ends_at: null,
    },
  })
  for (const secret of [stored?.token.access_token, stored?.token.refresh_token, 'kindling-test-secret'])
    expect(byId.text).not.toContain(secret)
  expect((await api.call('GET', '/v1/accounts/ANNA@example.com')).body).toEqual(byId.body)
})

test('the list is paged, filtered, and leaves out what was removed', async () => {
  await using api = await openApi()
  for (const name of ['anna', 'ben', 'cara']) await api.world.connect(`${name}@example.com`)
  const dora = await api.world.connect('dora@example.org', { kind: 'pool' })
  const gone = await api.world.connect('emil@example.org', { kind: 'pool' })
  await api.call('DELETE', `/v1/accounts/${gone.id}`)
  await api.call('POST', '/v1/accounts/ben@example.com/pause')
  const names = async (query: string) => {
    const { body } = await api.call('GET', `/v1/accounts${query}`)
    return [
      body.accounts.map(({ email }: { email: string }) => email.split('@')[0]).join(' '),
      body.next_after,
    ]
  }
  expect(await names('')).toEqual(['anna ben cara dora', null])
  const [first, next] = await names('?limit=3')
  expect([first, next]).toEqual(['anna ben cara', dora.id - 1])
  expect(await names(`?limit=3&after=${next}`)).toEqual(['dora', null])
  expect(await names('?limit=4')).toEqual(['anna ben cara dora', null])
  expect(await names('?kind=pool')).toEqual(['dora', null])
  expect(await names('?status=paused')).toEqual(['ben', null])
  expect(await names('?status=active&kind=warmup&limit=1&email=A@EXAMPLE.COM')).toEqual(['anna', 1])
  expect(await names('?email=%25')).toEqual(['', null])
  const { body } = await api.call('GET', '/v1/accounts?limit=1')
  expect(body.accounts[0]).toEqual((await api.call('GET', '/v1/accounts/1')).body)
})

test('an account is paused and resumed, as often as anybody asks', async () => {
  await using api = await openApi()
  await api.world.connect(EMAIL)
  for (const [action, status] of [
    ['pause', 'paused'],
    ['pause', 'paused'],
    ['resume', 'active'],
    ['resume', 'active'],
  ]) {
    const reply = await api.call('POST', `/v1/accounts/${EMAIL}/${action}`)
    expect([action, reply.status, reply.body.status]).toEqual([action, 200, status])
  }
})

test('an account that must be connected again can be neither paused nor resumed, and says why', async () => {
  await using api = await openApi()
  const { id } = await api.world.connect(EMAIL)
  api.world.sandbox.control.killGrant(EMAIL, 'session_policy')
  api.world.clock.pass(2 * 3_600_000)
  await api.call('GET', `/v1/accounts/${id}/token`)
  for (const action of ['pause', 'resume']) {
    const reply = await api.call('POST', `/v1/accounts/${id}/${action}`)
    expect([reply.status, reply.problem, reply.body.account_status]).toEqual([
      409,
      'wrong_state',
      'needs_reauth',
    ])
  }
  const { body } = await api.call('GET', `/v1/accounts/${id}`)
  expect(body).toMatchObject({
    status: 'needs_reauth',
    failure: { code: 'session_policy', meaning: expect.any(String), advice: expect.any(String) },
    last_error: expect.stringContaining('invalid_grant'),
  })
})

test('a removed account is gone from everywhere', async () => {
  await using api = await openApi()
  const { id } = await api.world.connect(EMAIL)
  const removed = await api.call('DELETE', `/v1/accounts/${id}`)
  expect([removed.status, removed.text]).toEqual([204, ''])
  expect((await api.world.runtime.warmup.store.accounts.byId(id))?.status).toBe('removed')
  for (const [method, path] of [
    ['GET', ''],
    ['DELETE', ''],
    ['POST', '/pause'],
    ['POST', '/resume'],
    ['POST', '/connect-link'],
  ] as const) {
    const reply = await api.call(method, `/v1/accounts/${id}${path}`)
    expect([method, path, reply.status, reply.problem]).toEqual([method, path, 404, 'not_found'])
  }
})

test('an account whose token does not open is shown, paused, resumed and removed all the same', async () => {
  await using api = await openApi()
  const { id } = await api.world.connect(EMAIL)
  const sealed = createSealer([randomBytes(32)]).seal('{}', `account:${id}`)
  await api.world.runtime.db.update(accounts).set({ oauthToken: sealed }).where(eq(accounts.id, id))
  const path = `/v1/accounts/${id}`
  expect((await api.call('GET', path)).body).toMatchObject({ status: 'active', token: null })
  expect((await api.call('POST', `${path}/pause`)).body).toMatchObject({ status: 'paused', token: null })
  expect((await api.call('POST', `${path}/resume`)).body).toMatchObject({ status: 'active', token: null })
  const token = await api.call('GET', `${path}/token`)
  expect([token.status, token.problem]).toEqual([500, 'internal'])
  expect(token.body.detail).toContain(token.body.reference)
  expect((await api.call('DELETE', path)).status).toBe(204)
})
