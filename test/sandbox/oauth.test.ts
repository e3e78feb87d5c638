import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import {
  authorizationUrl,
  connect,
  consent,
  exchange,
  readForm,
  refresh,
  requestToken,
  submit,
  tokensIn,
} from './consent.ts'
import { gmailOf, gmailWith } from './gmail.ts'
import { ANNA, BEN, CLIENT, DAY, GMAIL, MINUTE, openWorld, REDIRECT, SCOPES, type World } from './world.ts'

const VERIFIER = 'a-verifier-of-at-least-forty-three-characters-0123'
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')
const PKCE = { code_challenge: CHALLENGE, code_challenge_method: 'S256' }

const codeOf = (back: URL) => back.searchParams.get('code') ?? ''

const status = async (world: World, accessToken: string) =>
  (await gmailWith(world.sandbox.origin, accessToken)('GET profile')).status

test('consent leads to tokens that open the chosen mailbox', async () => {
  await using world = await openWorld()
  const back = await consent(world, ANNA, { state: 'a&b="c"', ...PKCE })
  expect(back.origin + back.pathname).toBe(REDIRECT)
  expect(back.searchParams.get('state')).toBe('a&b="c"')
  const answer = await exchange(world, codeOf(back), { code_verifier: VERIFIER })
  const tokens = await tokensIn(answer)
  expect(tokens).toMatchObject({ expires_in: 3599, token_type: 'Bearer' })
  expect(tokens.scope.split(' ')).toEqual([
    'openid',
    'https://www.googleapis.com/auth/userinfo.email',
    `${GMAIL}modify`,
  ])
  const claims = JSON.parse(Buffer.from(tokens.id_token?.split('.')[1] ?? '', 'base64url').toString())
  expect(claims).toMatchObject({ aud: CLIENT.id, email: ANNA, email_verified: true })
  const { body } = await gmailWith(world.sandbox.origin, tokens.access_token)('GET profile')
  expect(body).toMatchObject({ emailAddress: ANNA })
  const userinfo = await fetch(world.sandbox.settings.GOOGLE_USERINFO_URI ?? '', {
    headers: { authorization: `Bearer ${tokens.access_token}` },
  })
  expect(await userinfo.json()).toEqual({ sub: claims.sub, email: ANNA, email_verified: true })
  expect(claims.sub).toMatch(/^\d{21}$/)
})

test.each([
  ['an unknown client', { client_id: 'stranger' }, 'invalid_client'],
  ['a redirect URI that is not registered', { redirect_uri: `${REDIRECT}/` }, 'redirect_uri_mismatch'],
  ['an implicit flow', { response_type: 'token' }, 'unsupported_response_type'],
  ['an unknown scope', { scope: 'openid everything' }, 'invalid_scope'],
  [
    'a plain code challenge',
    { code_challenge: CHALLENGE, code_challenge_method: 'plain' },
    'invalid_request',
  ],
  ['a challenge without its method', { code_challenge: CHALLENGE }, 'invalid_request'],
])('%s gets an error page and no redirect', async (_, parameters, error) => {
  await using world = await openWorld()
  const page = await fetch(authorizationUrl(world, parameters), { redirect: 'manual' })
  expect(page.status).toBe(400)
  expect(await page.text()).toContain(error)
})

test('the consent page escapes what it shows', async () => {
  await using world = await openWorld()
  const attack = '"><script>alert(1)</script>'
  const page = await fetch(authorizationUrl(world, { state: attack, login_hint: attack }))
  expect(await page.text()).not.toContain('<script')
})

test('a login hint chooses the account, known or new', async () => {
  await using world = await openWorld()
  const known = await readForm(await fetch(authorizationUrl(world, { login_hint: BEN })))
  expect(known.fields.get('mailbox')).toBe(BEN)
  const fresh = await readForm(await fetch(authorizationUrl(world, { login_hint: 'new@sandbox.test' })))
  expect(fresh.fields.get('mailbox')).toBe('new@sandbox.test')
  fresh.fields.set('decision', 'continue')
  await submit(fresh.action, fresh.fields)
  expect(world.sandbox.control.mailboxes()).toContain('new@sandbox.test')
})

test('a typed address counts more than the marked account', async () => {
  await using world = await openWorld()
  const { action, fields } = await readForm(await fetch(authorizationUrl(world)))
  expect(fields.get('mailbox')).toBe(ANNA)
  fields.set('address', 'Typed@sandbox.test')
  fields.set('decision', 'continue')
  await submit(action, fields)
  expect(world.sandbox.control.mailboxes()).toEqual([ANNA, BEN, 'typed@sandbox.test'])
})

test('an address that is none is asked for again', async () => {
  await using world = await openWorld()
  const { action, fields } = await readForm(await fetch(authorizationUrl(world)))
  fields.set('address', 'not an address')
  fields.set('decision', 'continue')
  const page = await submit(action, fields)
  expect(page.status).toBe(400)
  expect(await page.text()).toContain('type a valid address')
})

test('Cancel leads back with access_denied', async () => {
  await using world = await openWorld()
  const { action, fields } = await readForm(await fetch(authorizationUrl(world, { state: 's' })))
  fields.set('decision', 'cancel')
  const back = new URL((await submit(action, fields)).headers.get('location') ?? '')
  expect(Object.fromEntries(back.searchParams)).toEqual({ error: 'access_denied', state: 's' })
})

test('sending the consent form twice gives one code', async () => {
  await using world = await openWorld()
  const { action, fields } = await readForm(await fetch(authorizationUrl(world)))
  fields.set('decision', 'continue')
  const [first, second] = await Promise.all([submit(action, fields), submit(action, fields)])
  expect(second.headers.get('location')).toBe(first.headers.get('location'))
  fields.set('mailbox', BEN)
  const other = await submit(action, fields)
  expect(other.headers.get('location')).not.toBe(first.headers.get('location'))
})

test('a scope left unticked is not granted, and granted ones come along later', async () => {
  await using world = await openWorld()
  const { action, fields } = await readForm(
    await fetch(authorizationUrl(world, { scope: `openid ${GMAIL}send ${GMAIL}labels` })),
  )
  fields.delete('granted')
  fields.append('granted', `${GMAIL}labels`)
  fields.set('mailbox', ANNA)
  fields.set('decision', 'continue')
  const back = new URL((await submit(action, fields)).headers.get('location') ?? '')
  expect(await (await exchange(world, codeOf(back))).json()).toMatchObject({ scope: `openid ${GMAIL}labels` })
  const alone = await connect(world, ANNA, { scope: `${GMAIL}send` })
  expect(alone.scope).toBe(`${GMAIL}send`)
  const merged = await connect(world, ANNA, { scope: `${GMAIL}send`, include_granted_scopes: 'true' })
  expect(merged.scope.split(' ').sort()).toEqual([`${GMAIL}labels`, `${GMAIL}send`, 'openid'])
})

test.each([
  ['no verifier', PKCE, {}, 'Missing code verifier.'],
  ['another verifier', PKCE, { code_verifier: VERIFIER.toUpperCase() }, 'Invalid code verifier.'],
  [
    'a verifier nobody asked for',
    {},
    { code_verifier: VERIFIER },
    'code_verifier or verifier is not needed.',
  ],
])('a code is not exchanged with %s', async (_, parameters, fields, description) => {
  await using world = await openWorld()
  const answer = await exchange(world, codeOf(await consent(world, ANNA, parameters)), fields)
  expect(answer.status).toBe(400)
  expect(await answer.json()).toEqual({ error: 'invalid_grant', error_description: description })
})

test('a code works once, for ten minutes, with its redirect URI', async () => {
  await using world = await openWorld()
  const code = codeOf(await consent(world, ANNA))
  const elsewhere = await exchange(world, code, { redirect_uri: 'http://elsewhere.test/' })
  expect(await elsewhere.json()).toMatchObject({ error: 'redirect_uri_mismatch' })
  const both = await Promise.all([exchange(world, code), exchange(world, code)])
  expect(both.map((answer) => answer.status).sort()).toEqual([200, 400])
  const late = codeOf(await consent(world, ANNA))
  world.pass(10 * MINUTE)
  expect(await (await exchange(world, late)).json()).toMatchObject({ error: 'invalid_grant' })
})

test('a refresh token comes with the first offline consent and with prompt=consent', async () => {
  await using world = await openWorld()
  expect(await connect(world, BEN, { access_type: 'online' })).not.toHaveProperty('refresh_token')
  expect(await connect(world, ANNA)).toHaveProperty('refresh_token')
  expect(await connect(world, ANNA)).not.toHaveProperty('refresh_token')
  expect(await connect(world, ANNA, { prompt: 'consent' })).toHaveProperty('refresh_token')
})

test.each([
  [{ client_secret: 'wrong' }, 401, 'invalid_client'],
  [{ client_id: 'stranger' }, 401, 'invalid_client'],
  [{ grant_type: 'password' }, 400, 'unsupported_grant_type'],
  [{ grant_type: '' }, 400, 'invalid_request'],
  [{ refresh_token: '' }, 400, 'invalid_request'],
  [{ refresh_token: '1//unknown' }, 400, 'invalid_grant'],
])('the token endpoint refuses %j', async (fields, expected, error) => {
  await using world = await openWorld()
  const answer = await requestToken(world, { grant_type: 'refresh_token', refresh_token: 'x', ...fields })
  expect(answer.status).toBe(expected)
  expect(await answer.json()).toMatchObject({ error })
})

test('the client may name itself in the Authorization header', async () => {
  await using world = await openWorld()
  const { refresh_token = '' } = await connect(world, ANNA)
  const answer = await fetch(world.sandbox.settings.GOOGLE_TOKEN_URI ?? '', {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${CLIENT.id}:${CLIENT.secret}`)}` },
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token }),
  })
  expect(answer.status).toBe(200)
})

test('an access token expires in simulated time and a refresh gives another', async () => {
  await using world = await openWorld()
  const { access_token, refresh_token } = await connect(world, ANNA)
  world.pass(3598_000)
  expect(await status(world, access_token)).toBe(200)
  world.pass(1_000)
  expect(await status(world, access_token)).toBe(401)
  const fresh = await tokensIn(await refresh(world, refresh_token))
  expect(fresh).not.toHaveProperty('refresh_token')
  expect(await status(world, fresh.access_token)).toBe(200)
})

test('with rotation each refresh token works once', async () => {
  await using world = await openWorld()
  world.sandbox.control.setOptions({ rotateRefreshTokens: true })
  const { refresh_token } = await connect(world, ANNA)
  const first = await tokensIn(await refresh(world, refresh_token))
  expect((await refresh(world, refresh_token)).status).toBe(400)
  expect((await refresh(world, first.refresh_token)).status).toBe(200)
  expect(world.sandbox.control.ledger().at(-1)).toMatchObject({
    kind: 'refreshed',
    mailbox: ANNA,
    rotated: true,
  })
})

test('refresh tokens of an app in Testing die after seven days', async () => {
  await using world = await openWorld()
  world.sandbox.control.setOptions({ testingLife: true })
  const { refresh_token, refresh_token_expires_in } = await connect(world, ANNA)
  expect(refresh_token_expires_in).toBe(604_799)
  world.pass(6 * DAY)
  expect(await (await refresh(world, refresh_token)).json()).toMatchObject({
    refresh_token_expires_in: 86_399,
  })
  world.pass(DAY)
  expect(await (await refresh(world, refresh_token)).json()).toEqual({
    error: 'invalid_grant',
    error_description: 'Token has been expired or revoked.',
  })
})

test.each(['access_token', 'refresh_token'] as const)(
  'revoking the %s ends the whole grant',
  async (kind) => {
    await using world = await openWorld()
    const tokens = await connect(world, ANNA)
    const revoke = () =>
      fetch(`${world.sandbox.settings.GOOGLE_REVOKE_URI}?token=${encodeURIComponent(tokens[kind] ?? '')}`, {
        method: 'POST',
      })
    expect((await revoke()).status).toBe(200)
    expect(await status(world, tokens.access_token)).toBe(401)
    expect(await (await refresh(world, tokens.refresh_token)).json()).toMatchObject({
      error: 'invalid_grant',
    })
    const again = await revoke()
    expect(again.status).toBe(400)
    expect(await again.json()).toMatchObject({ error: 'invalid_token' })
    expect(await connect(world, ANNA)).toHaveProperty('refresh_token')
  },
)

test('control expires, narrows and revokes as a user would', async () => {
  await using world = await openWorld()
  const { access_token, refresh_token } = await connect(world, ANNA)
  world.sandbox.control.expireAccessTokens(ANNA)
  expect(await status(world, access_token)).toBe(401)
  world.sandbox.control.untickScope(ANNA, `${GMAIL}modify`)
  const narrow = await tokensIn(await refresh(world, refresh_token))
  expect(await status(world, narrow.access_token)).toBe(403)
  world.sandbox.control.revokeGrant(ANNA)
  expect((await refresh(world, refresh_token)).status).toBe(400)
})

test('tokeninfo tells what a token is good for', async () => {
  await using world = await openWorld()
  const { access_token, scope } = await connect(world, ANNA)
  world.pass(599_000)
  const info = (token: string) => fetch(`${world.sandbox.origin}/oauth2/v3/tokeninfo?access_token=${token}`)
  expect(await (await info(access_token)).json()).toMatchObject({
    aud: CLIENT.id,
    scope,
    expires_in: '3000',
    email: ANNA,
  })
  const byBearer = await fetch(`${world.sandbox.origin}/oauth2/v3/tokeninfo`, {
    method: 'POST',
    headers: { authorization: `Bearer ${access_token}` },
  })
  expect(await byBearer.json()).toMatchObject({ email: ANNA })
  expect((await info('ya29.unknown')).status).toBe(400)
})

test('userinfo answers 401 to a bad token', async () => {
  await using world = await openWorld()
  const answer = await fetch(world.sandbox.settings.GOOGLE_USERINFO_URI ?? '', {
    headers: { authorization: 'Bearer nonsense' },
  })
  expect(answer.status).toBe(401)
})

test('a token opens its own mailbox only', async () => {
  await using world = await openWorld()
  const { access_token } = await connect(world, ANNA, { scope: SCOPES })
  await gmailOf(world, BEN)
  const get = (user: string) =>
    fetch(`${world.sandbox.origin}/gmail/v1/users/${encodeURIComponent(user)}/profile`, {
      headers: { authorization: `Bearer ${access_token}` },
    })
  expect((await get(ANNA)).status).toBe(200)
  expect((await get(BEN)).status).toBe(403)
})

test('the consent page marks the first mailbox that is not connected yet, or the one that was hinted at', async () => {
  await using world = await openWorld()
  const marked = async (hint?: string) => {
    const { fields } = await readForm(await fetch(authorizationUrl(world, { login_hint: hint })))
    return fields.get('mailbox')
  }
  expect(await marked()).toBe(ANNA)
  await connect(world, ANNA)
  expect(await marked()).toBe(BEN)
  expect(await marked(ANNA)).toBe(ANNA)
})
