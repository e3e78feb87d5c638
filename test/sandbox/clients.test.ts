import fs from 'node:fs'
import { expect, test } from 'vitest'
import { authorizationUrl, connect, consent, exchange, refresh, tokensIn } from './consent.ts'
import { control } from './control.ts'
import { temporary } from './temporary.ts'
import { ANNA, CLIENT, openWorld, REDIRECT } from './world.ts'

const OTHER = { id: 'other-client.apps.googleusercontent.com', secret: 'other-secret' }
const AS_OTHER = { client_id: OTHER.id, client_secret: OTHER.secret }

const codeOf = (back: URL) => back.searchParams.get('code') ?? ''

test('a client that was added gets tokens in its own name', async () => {
  await using world = await openWorld()
  expect((await control(world, 'POST clients', OTHER)).status).toBe(204)
  const code = codeOf(await consent(world, ANNA, { client_id: OTHER.id }))
  const tokens = await tokensIn(await exchange(world, code, AS_OTHER))
  const claims = JSON.parse(Buffer.from(tokens.id_token?.split('.')[1] ?? '', 'base64url').toString())
  expect(claims).toMatchObject({ azp: OTHER.id, aud: OTHER.id })
  const fresh = await tokensIn(await refresh(world, tokens.refresh_token, AS_OTHER))
  for (const { access_token } of [tokens, fresh]) {
    const info = await fetch(`${world.sandbox.origin}/oauth2/v3/tokeninfo?access_token=${access_token}`)
    expect(await info.json()).toMatchObject({ azp: OTHER.id, aud: OTHER.id })
  }
})

test('a code belongs to the client it was given to', async () => {
  await using world = await openWorld()
  world.sandbox.control.addClient(OTHER.id, OTHER.secret)
  const code = codeOf(await consent(world, ANNA))
  const stolen = await exchange(world, code, AS_OTHER)
  expect(stolen.status).toBe(400)
  expect(await stolen.json()).toMatchObject({ error: 'invalid_grant' })
  expect((await exchange(world, code)).status).toBe(200)
})

test('a refresh token belongs to the client it was issued to', async () => {
  await using world = await openWorld()
  world.sandbox.control.addClient(OTHER.id, OTHER.secret)
  const { refresh_token } = await connect(world, ANNA)
  const stolen = await refresh(world, refresh_token, AS_OTHER)
  expect(stolen.status).toBe(401)
  expect(await stolen.json()).toEqual({ error: 'unauthorized_client', error_description: 'Unauthorized' })
  expect((await refresh(world, refresh_token)).status).toBe(200)
})

test.each([
  ['an unknown client', { client_id: 'stranger' }, 'invalid_client', 'The OAuth client was not found.'],
  ['a wrong secret', { client_secret: 'wrong' }, 'invalid_client', 'Unauthorized'],
])('%s is refused with Google’s words', async (_, fields, error, error_description) => {
  await using world = await openWorld()
  const { refresh_token } = await connect(world, ANNA)
  const answer = await refresh(world, refresh_token, fields)
  expect(answer.status).toBe(401)
  expect(await answer.json()).toEqual({ error, error_description })
})

test('a secret that was reset counts at once, and the tokens live on', async () => {
  await using world = await openWorld()
  const { refresh_token } = await connect(world, ANNA)
  await control(world, 'POST clients/secret', { id: CLIENT.id, secret: 'fresh' })
  expect((await refresh(world, refresh_token)).status).toBe(401)
  expect((await refresh(world, refresh_token, { client_secret: 'fresh' })).status).toBe(200)
})

test('a disabled client gets neither tokens nor consent until it is enabled', async () => {
  await using world = await openWorld()
  const { refresh_token } = await connect(world, ANNA)
  const code = codeOf(await consent(world, ANNA))
  await control(world, 'POST clients/disable', { id: CLIENT.id })
  for (const refused of [await refresh(world, refresh_token), await exchange(world, code)]) {
    expect(refused.status).toBe(401)
    expect(await refused.json()).toEqual({
      error: 'disabled_client',
      error_description: 'The OAuth client was disabled.',
    })
  }
  expect(await (await fetch(authorizationUrl(world))).text()).toContain('disabled_client')
  await control(world, 'POST clients/enable', { id: CLIENT.id })
  expect((await refresh(world, refresh_token)).status).toBe(200)
  expect((await exchange(world, code)).status).toBe(200)
})

test.each([
  ['POST clients', CLIENT, 409],
  ['POST clients', { id: 'x' }, 400],
  ['POST clients', { id: '', secret: 'x' }, 400],
  ['POST clients/secret', OTHER, 404],
  ['POST clients/disable', { id: OTHER.id }, 404],
  ['POST clients/enable', { id: OTHER.id }, 404],
])('%s with %j answers %i', async (route, body, status) => {
  await using world = await openWorld()
  expect((await control(world, route, body)).status).toBe(status)
})

test('clients survive a restart as they were left', async () => {
  using disk = temporary()
  const journal = disk.file('a')
  {
    await using before = await openWorld({ journal })
    before.sandbox.control.addClient(OTHER.id, OTHER.secret)
    before.sandbox.control.disableClient(OTHER.id)
    before.sandbox.control.setClientSecret(CLIENT.id, 'fresh')
  }
  await using after = await openWorld({ journal })
  expect(after.sandbox.settings.GOOGLE_CLIENT_SECRET).toBe('fresh')
  const answer = await refresh(after, 'x', AS_OTHER)
  expect(await answer.json()).toMatchObject({ error: 'disabled_client' })
})

test('what an old journal tells of no client belongs to the one of the start', async () => {
  using disk = temporary()
  const journal = disk.file('a')
  const common = { mailbox: ANNA, scopes: ['openid'] }
  const code = {
    code: '4/old',
    attempt: '',
    ...common,
    redirectUri: REDIRECT,
    offline: false,
    expiresAt: 9e15,
  }
  const changes = [
    { kind: 'mailbox', address: ANNA, sub: '1', historyId: 1000, historyFloor: 1000 },
    { kind: 'grant', grant: common },
    { kind: 'refresh-token', token: { token: '1//old', ...common } },
    { kind: 'access-token', token: { token: 'ya29.old', ...common, expiresAt: 9e15 } },
    { kind: 'code', code: { ...code, used: false } },
  ]
  fs.writeFileSync(journal, changes.map((change) => `${JSON.stringify([change])}\n`).join(''))
  await using world = await openWorld({ journal })
  expect((await refresh(world, '1//old')).status).toBe(200)
  expect((await exchange(world, '4/old')).status).toBe(200)
  const info = await fetch(`${world.sandbox.origin}/oauth2/v3/tokeninfo?access_token=ya29.old`)
  expect(await info.json()).toMatchObject({ aud: CLIENT.id })
})
