import { expect, test } from 'vitest'
import { accounts } from '../../../src/db/schema.ts'
import { finishConnecting } from '../../../src/warmup/connect-account.ts'
import { followConnectLink, openConnectLink } from '../../../src/warmup/connect-link.ts'
import { giveConsent } from '../../support/consent.ts'
import { type Api, openApi } from './caller.ts'

const PREFIX = 'https://www.googleapis.com/auth/'
const CALENDAR = `${PREFIX}calendar.readonly`
const DAY = 24 * 3_600_000
const linkOf = ({ body }: { body: { url: string } }) => new URL(body.url).searchParams.get('link') ?? ''
const offerOf = ({ world }: Api, reply: { body: { url: string } }) =>
  openConnectLink(world.runtime.warmup, linkOf(reply), new Date())

test('a link for an address that is no account yet makes a vault account with the scopes asked for', async () => {
  await using api = await openApi()
  api.world.sandbox.control.createMailbox('anna@example.com')
  const body = { extra_scopes: ['calendar.readonly', CALENDAR], valid_for_minutes: 60 }
  const reply = await api.call('POST', '/v1/accounts/anna@example.com/connect-link', { body })
  expect(reply.status).toBe(201)
  const left = new Date(reply.body.expires_at).getTime() - Date.now()
  expect(left).toBeGreaterThan(59 * 60_000)
  expect(left).toBeLessThanOrEqual(60 * 60_000)

  const { warmup } = api.world.runtime
  const consent = await followConnectLink(warmup, linkOf(reply), new Date())
  const result = await finishConnecting(
    warmup,
    await giveConsent(consent ?? '', 'anna@example.com'),
    new Date(),
  )
  expect(result).toMatchObject({ isNew: true, account: { kind: 'vault', extraScopes: [CALENDAR] } })
  const account = await api.call('GET', '/v1/accounts/anna@example.com')
  expect(account.body.token.extra_scopes).toEqual([CALENDAR])
  expect(account.body.token.scopes).toContain(CALENDAR)
})

test('a link without a body works for a week, and keeps what an account is', async () => {
  await using api = await openApi()
  const { id } = await api.world.connect('anna@example.com', { kind: 'pool', openRate: 0.3 })
  const reply = await api.call('POST', `/v1/accounts/${id}/connect-link`)
  const left = new Date(reply.body.expires_at).getTime() - Date.now()
  expect(Math.round(left / DAY)).toBe(7)
  const kept = { email: 'anna@example.com', settings: { kind: 'pool', openRate: 0.3 }, extraScopes: [] }
  expect(await offerOf(api, reply)).toMatchObject(kept)
  const asVault = await api.call('POST', `/v1/accounts/${id}/connect-link`, { body: { kind: 'vault' } })
  expect(await offerOf(api, asVault)).toMatchObject(kept)
})

test('scopes are taken in full or by name, and kinds as named', async () => {
  await using api = await openApi()
  const body = { extra_scopes: ['https://mail.google.com/', 'drive.file', CALENDAR], kind: 'warmup' }
  const reply = await api.call('POST', '/v1/accounts/anna@example.com/connect-link', { body })
  expect(await offerOf(api, reply)).toMatchObject({
    settings: { kind: 'warmup' },
    extraScopes: ['https://mail.google.com/', 'https://www.googleapis.com/auth/drive.file', CALENDAR],
  })
})

test('Google’s scopes of identity are taken as they are', async () => {
  await using api = await openApi()
  const body = { extra_scopes: ['openid', 'profile', 'email', 'calendar.readonly'] }
  const reply = await api.call('POST', '/v1/accounts/anna@example.com/connect-link', { body })
  expect(await offerOf(api, reply)).toMatchObject({ extraScopes: ['openid', 'profile', 'email', CALENDAR] })
})

test('what is no scope of Google’s is refused', async () => {
  await using api = await openApi()
  for (const scope of [
    'http://www.googleapis.com/auth/calendar',
    'https://www.googleapis.com/auth/',
    'https://evil.example/auth/calendar',
    'calendar readonly',
    'https://mail.google.com',
    '',
    7,
  ]) {
    const body = { extra_scopes: ['calendar', scope] }
    const reply = await api.call('POST', '/v1/accounts/anna@example.com/connect-link', { body })
    expect([reply.status, reply.body.errors]).toEqual([
      422,
      [
        {
          in: 'body',
          path: 'extra_scopes[1]',
          problem: typeof scope === 'string' ? `is “${scope}”` : `is ${scope}`,
          expected: expect.stringContaining('https://www.googleapis.com/auth/<name>'),
        },
      ],
    ])
  }
})

test('the longest links that can be made still open', async () => {
  await using api = await openApi()
  const extra_scopes = Array.from({ length: 50 }, (_, i) => `${'x'.repeat(97)}${i + 100}`)
  const settings = {
    displayName: '漢'.repeat(60),
    signature: '漢'.repeat(500),
    holidays: Array.from({ length: 100 }, (_, i) => `2026-${(i % 12) + 10}-10..2027-12-31`),
  }
  const { id } = await api.world.connect('anna@example.com', settings)
  await api.world.runtime.db
    .update(accounts)
    .set({ extraScopes: extra_scopes.map((scope) => PREFIX + scope) })
  const operator = await api.site.operator()
  const { html } = await operator.submit(`/accounts/${id}`, `/accounts/${id}/connect-link`)
  const newcomer = `${'n'.repeat(60)}@${'example.'.repeat(20)}com`
  const { body } = await api.call('POST', `/v1/accounts/${newcomer}/connect-link`, { body: { extra_scopes } })

  for (const url of [html.match(/id="link" value="([^"]+)"/)?.[1] ?? '', body.url]) {
    // What browsers say besides counts too: address and headers have 16 kB together.
    const path = `/connect${new URL(url).search}`
    const page = await api.site.visitor().get(path, { 'accept-language': 'x'.repeat(1500) })
    expect(page.status).toBe(200)
    const link = new URL(url).searchParams.get('link') ?? ''
    expect((await api.site.visitor().post('/connect', { link })).status).toBe(303)
  }
})

test('an address that can’t be one is refused before a link is made for it', async () => {
  await using api = await openApi()
  const reply = await api.call('POST', '/v1/accounts/anna@nowhere/connect-link')
  expect(reply.body.errors).toEqual([
    { in: 'path', path: 'account', problem: 'is “anna@nowhere”', expected: 'an email address' },
  ])
  expect((await api.call('POST', '/v1/accounts/4242/connect-link')).status).toBe(404)
})
