import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { isTokenUri, openApi } from './caller.ts'

const EMAIL = 'anna@example.com'
const PATH = `/v1/accounts/${EMAIL}/credentials`
const CALENDAR = 'https://www.googleapis.com/auth/calendar.readonly'
const IDENTITY = ['openid', 'https://www.googleapis.com/auth/userinfo.email']
const SECRET = 'the secret of another program'

/** A grant that another program with an OAuth client of its own has obtained. */
async function openGranted(scopes = [...IDENTITY, CALENDAR]) {
  const api = await openApi()
  const { control } = api.world.sandbox
  control.createMailbox(EMAIL)
  control.addClient('another-program', SECRET)
  const granted = control.grant(EMAIL, { scopes, clientId: 'another-program' })
  const credentials = {
    client_id: 'another-program',
    client_secret: SECRET,
    refresh_token: granted.refreshToken,
  }
  return { api, control, granted, credentials }
}

test('credentials of another OAuth client make a vault account whose token is handed out and refreshed', async () => {
  const { api, credentials, granted } = await openGranted()
  await using _ = api
  const file = {
    ...credentials,
    access_token: granted.accessToken,
    expires_at: new Date(granted.expiresAt).toISOString(),
  }
  const made = await api.call('PUT', PATH, { body: file })
  expect(made.status).toBe(201)
  expect(made.body).toMatchObject({ email: EMAIL, kind: 'vault', status: 'active', failure: null })
  expect(made.body.token).toMatchObject({ missing_scopes: [], extra_scopes: [CALENDAR] })
  expect(made.body.token.scopes).toContain(CALENDAR)

  const token = await api.call('GET', `/v1/accounts/${made.body.id}/token`)
  expect(token.body.scopes).toContain(CALENDAR)
  expect(token.body.access_token).not.toBe(granted.accessToken)
  api.world.clock.pass(2 * 3_600_000)
  expect((await api.call('GET', `/v1/accounts/${EMAIL}/token`)).body.refreshed).toBe(true)

  const again = await api.call('PUT', PATH.replace('anna', 'Anna'), { body: credentials })
  expect([again.status, again.body.id]).toEqual([200, made.body.id])
})

test('the credentials of another mailbox are refused, and nothing is changed', async () => {
  const { api, credentials, control } = await openGranted()
  await using _ = api
  control.createMailbox('ben@example.com')
  const path = '/v1/accounts/ben@example.com'
  const refused = await api.call('PUT', `${path}/credentials`, { body: credentials })
  expect([refused.status, refused.problem, refused.body.failure.code]).toEqual([
    422,
    'credentials_refused',
    'wrong_mailbox',
  ])
  expect(refused.body.detail).toContain(EMAIL)
  for (const place of [path, `/v1/accounts/${EMAIL}`]) expect((await api.call('GET', place)).status).toBe(404)
})

test('a grant that does not say whose mailbox it is is refused', async () => {
  const { api, credentials } = await openGranted([CALENDAR])
  await using _ = api
  const refused = await api.call('PUT', PATH, { body: credentials })
  expect([refused.problem, refused.body.failure.code]).toEqual(['credentials_refused', 'no_identity'])
})

test('a wrong secret and a dead grant are told apart', async () => {
  const { api, credentials, control } = await openGranted()
  await using _ = api
  const wrong = await api.call('PUT', PATH, { body: { ...credentials, client_secret: 'not it' } })
  expect([wrong.problem, wrong.body.failure.code]).toEqual(['credentials_refused', 'app_refused'])
  expect(wrong.body.failure.advice).not.toContain('GOOGLE_CLIENT_ID')
  control.killGrant(EMAIL, 'revoked')
  const dead = await api.call('PUT', PATH, { body: credentials })
  expect([dead.problem, dead.body.failure.code]).toEqual(['credentials_refused', 'grant_revoked'])
})

test.each([
  ['does not answer', { status: 503 }, '30', 'google_unavailable'],
  ['asks to wait', { status: 429, headers: { 'retry-after': '77' } }, '77', 'rate_limited'],
])('while Google %s credentials are not refused but put off', async (_, fault, wait, code) => {
  const { api, credentials, control } = await openGranted()
  await using __ = api
  control.addFault({ ...isTokenUri, ...fault, count: 1 })
  const later = await api.call('PUT', PATH, { body: credentials })
  expect([later.status, later.problem, later.body.failure.code]).toEqual([503, 'google_unavailable', code])
  expect(later.headers.get('retry-after')).toBe(wait)
  expect((await api.call('PUT', PATH, { body: credentials })).status).toBe(201)
})

test('no secret that was sent stands in a problem', async () => {
  const { api, credentials, control } = await openGranted()
  await using _ = api
  const secrets = { ...credentials, client_secret: 'GOCSPX-of-theirs', access_token: 'ya29.of-theirs' }
  const wrongs: unknown[] = [
    secrets,
    { ...secrets, unknown: secrets.refresh_token },
    { ...secrets, client_id: undefined },
    { ...secrets, client_id: `${secrets.refresh_token}\n` },
    { ...secrets, refresh_token: [secrets.refresh_token] },
    { ...secrets, client_secret: `${secrets.client_secret}é`, access_token: { token: secrets.access_token } },
    { ...secrets, expires_at: { of: secrets.access_token } },
    [secrets],
    JSON.stringify(secrets),
  ]
  const raws = wrongs.map((wrong) => JSON.stringify(wrong))
  raws.push(JSON.stringify(secrets).slice(0, -1), JSON.stringify(secrets) + secrets.refresh_token)
  raws.push(JSON.stringify({ ...secrets, client_id: secrets.refresh_token.repeat(2000) }))
  for (const raw of raws) {
    const { status, text } = await api.call('PUT', PATH, { raw })
    expect([raw, status]).toEqual([raw, expect.toBeOneOf([400, 413, 422])])
    for (const secret of [secrets.client_secret, secrets.refresh_token, secrets.access_token])
      expect(text).not.toContain(secret)
  }
  control.addFault({ ...isTokenUri, status: 500, count: 1 })
  expect((await api.call('PUT', PATH, { body: secrets })).text).not.toContain(secrets.refresh_token)
  expect(api.site.errors).toEqual([])
})

test('no secret that was sent or kept stands in the log', async () => {
  const logged: unknown[] = []
  const keep = (...line: unknown[]) => void logged.push(line)
  const log = { debug: keep, info: keep, warn: keep, error: keep }
  await using api = await openApi({ log })
  const { warmup } = api.world.runtime
  warmup.log = log
  const { control } = api.world.sandbox
  control.createMailbox(EMAIL)
  control.addClient('another-program', SECRET)
  const granted = control.grant(EMAIL, { scopes: [...IDENTITY, CALENDAR], clientId: 'another-program' })
  const body = { client_id: 'another-program', client_secret: SECRET, refresh_token: granted.refreshToken }
  const key = await api.issueKey()
  await api.call('PUT', PATH, { body: { ...body, client_secret: 'not it' }, key })
  await api.call('PUT', PATH, { body, key })
  const token = await api.call('GET', `/v1/accounts/${EMAIL}/token`, { key })
  warmup.store.transaction = () => Promise.reject(new Error('the database is gone'))
  expect((await api.call('PUT', PATH, { body, key })).problem).toBe('internal')
  const text = inspect(logged, { depth: 10 })
  expect(text).toContain('the database is gone')
  for (const secret of [SECRET, granted.refreshToken, token.body.access_token, key])
    expect(text).not.toContain(secret)
})

test('a grant that lacks what the account’s workers need is refused, with advice for who sends it', async () => {
  const { api, credentials } = await openGranted()
  await using _ = api
  await api.world.connect(EMAIL)
  const refused = await api.call('PUT', PATH, { body: credentials })
  expect([refused.problem, refused.body.failure]).toMatchObject([
    'credentials_refused',
    { code: 'missing_scopes', advice: 'Obtain a grant with these scopes, and send that.' },
  ])
  expect(refused.body.detail).toContain('https://www.googleapis.com/auth/gmail.send')
})
