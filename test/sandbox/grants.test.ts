import { expect, test } from 'vitest'
import { connect, consent, exchange, refresh } from './consent.ts'
import { answer, control } from './control.ts'
import { type GoogleFailure, gmailWith } from './gmail.ts'
import { temporary } from './temporary.ts'
import { ANNA, BEN, CLIENT, GMAIL, MINUTE, openWorld, type World } from './world.ts'

const NEW = 'new@sandbox.test'
const SCOPES = ['openid', 'email', `${GMAIL}modify`]
const GONE = { error: 'invalid_grant', error_description: 'Token has been expired or revoked.' }

const profile = ({ sandbox }: World, accessToken: string) =>
  gmailWith(sandbox.origin, accessToken)<GoogleFailure & { emailAddress: string }>('GET profile')

test('a grant needs no browser and no mailbox that is there', async () => {
  await using world = await openWorld()
  const granted = await answer(control(world, 'POST grants', { mailbox: 'New@sandbox.test', scopes: SCOPES }))
  expect(granted).toEqual({
    refreshToken: expect.stringMatching(/^1\/\/0/),
    accessToken: expect.stringMatching(/^ya29\./),
    expiresAt: world.now().getTime() + 3599_000,
  })
  expect((await profile(world, String(granted.accessToken))).body.emailAddress).toBe(NEW)
  const refreshed = await refresh(world, String(granted.refreshToken))
  expect(await refreshed.json()).toMatchObject({
    scope: `openid https://www.googleapis.com/auth/userinfo.email ${GMAIL}modify`,
    id_token: expect.any(String),
  })
  expect(world.sandbox.control.ledger()[0]).toMatchObject({
    kind: 'exchanged',
    mailbox: NEW,
    refreshToken: true,
  })
})

test('a grant counts as a consent', async () => {
  await using world = await openWorld()
  world.sandbox.control.grant(ANNA, { scopes: SCOPES })
  expect(await connect(world, ANNA)).not.toHaveProperty('refresh_token')
})

test('a grant is for the client that is named', async () => {
  await using world = await openWorld()
  world.sandbox.control.addClient('other', 'secret')
  const { refreshToken } = world.sandbox.control.grant(ANNA, { scopes: SCOPES, clientId: 'other' })
  expect((await refresh(world, refreshToken)).status).toBe(401)
  const other = { client_id: 'other', client_secret: 'secret' }
  expect((await refresh(world, refreshToken, other)).status).toBe(200)
})

test.each([
  [{ mailbox: 'nobody', scopes: SCOPES }, 400],
  [{ mailbox: ANNA, scopes: ['everything'] }, 400],
  [{ mailbox: ANNA, scopes: [] }, 400],
  [{ mailbox: ANNA, scopes: SCOPES, clientId: 'stranger' }, 404],
])('the grant %j answers %i and leaves nothing behind', async (order, status) => {
  await using world = await openWorld()
  expect((await control(world, 'POST grants', order)).status).toBe(status)
  expect(world.sandbox.control.mailboxes()).toEqual([ANNA, BEN])
  expect(world.sandbox.control.ledger()).toEqual([])
})

test('grants are cheap, also by the thousand and with a journal', async () => {
  using disk = temporary()
  await using world = await openWorld({ journal: disk.file('a') })
  const start = performance.now()
  for (let n = 0; n < 2000; n += 1) world.sandbox.control.grant(`m${n}@sandbox.test`, { scopes: SCOPES })
  expect(performance.now() - start).toBeLessThan(2000)
})

test.each([
  ['revoked', GONE],
  ['deleted', { error: 'invalid_grant', error_description: 'Account has been deleted' }],
  [
    'session_policy',
    {
      error: 'invalid_grant',
      error_description: 'reauth related error (invalid_rapt)',
      error_uri: 'https://support.google.com/a/answer/9368756',
      error_subtype: 'invalid_rapt',
    },
  ],
])('a grant that is %s refuses with its reason until a new consent', async (reason, refusal) => {
  await using world = await openWorld()
  const { accessToken, refreshToken } = world.sandbox.control.grant(ANNA, { scopes: SCOPES })
  const ben = world.sandbox.control.grant(BEN, { scopes: SCOPES })
  const code = (await consent(world, ANNA)).searchParams.get('code') ?? ''
  await control(world, 'POST grants/kill', { mailbox: ANNA, reason })
  const refused = await refresh(world, refreshToken)
  expect(refused.status).toBe(400)
  expect(await refused.json()).toEqual(refusal)
  expect((await profile(world, accessToken)).status).toBe(401)
  expect((await exchange(world, code)).status).toBe(400)
  expect((await refresh(world, ben.refreshToken)).status).toBe(200)

  const mended = await connect(world, ANNA)
  expect((await refresh(world, mended.refresh_token)).status).toBe(200)
  expect(await (await refresh(world, refreshToken)).json()).toEqual(refusal)
})

test('a dead refresh token cannot revoke the consent that came after it', async () => {
  await using world = await openWorld()
  const { refreshToken } = world.sandbox.control.grant(ANNA, { scopes: SCOPES })
  world.sandbox.control.killGrant(ANNA, 'deleted')
  const { refresh_token } = await connect(world, ANNA)
  const url = `${world.sandbox.settings.GOOGLE_REVOKE_URI}?token=${encodeURIComponent(refreshToken)}`
  expect((await fetch(url, { method: 'POST' })).status).toBe(400)
  expect((await refresh(world, refresh_token)).status).toBe(200)
})

test('a policy of the organization refuses tokens for as long as it is on', async () => {
  await using world = await openWorld()
  const { refreshToken } = world.sandbox.control.grant(ANNA, { scopes: SCOPES })
  const code = (await consent(world, ANNA)).searchParams.get('code') ?? ''
  await control(world, `POST mailboxes/${ANNA}/forbid-by-policy`, { on: true })
  for (const refused of [await refresh(world, refreshToken), await exchange(world, code)]) {
    expect(refused.status).toBe(400)
    expect(await refused.json()).toMatchObject({ error: 'admin_policy_enforced' })
  }
  await control(world, `POST mailboxes/${ANNA}/forbid-by-policy`, { on: false })
  expect((await refresh(world, refreshToken)).status).toBe(200)
  expect((await exchange(world, code)).status).toBe(200)
})

test('Gmail is not there for an account without the mail service', async () => {
  await using world = await openWorld()
  const { accessToken } = world.sandbox.control.grant(ANNA, { scopes: SCOPES })
  await control(world, `POST mailboxes/${ANNA}/disable-mail`, { on: true })
  const refused = await profile(world, accessToken)
  expect(refused.status).toBe(400)
  expect(refused.body.error).toEqual({
    code: 400,
    message: 'Mail service not enabled',
    errors: [{ message: 'Mail service not enabled', domain: 'global', reason: 'failedPrecondition' }],
    status: 'FAILED_PRECONDITION',
  })
  await control(world, `POST mailboxes/${ANNA}/disable-mail`, { on: false })
  expect((await profile(world, accessToken)).status).toBe(200)
})

test.each([
  ['POST grants/kill', { mailbox: ANNA, reason: 'bored' }, 400],
  ['POST grants/kill', { mailbox: NEW, reason: 'deleted' }, 404],
  [`POST mailboxes/${ANNA}/disable-mail`, { on: 1 }, 400],
  [`POST mailboxes/${NEW}/forbid-by-policy`, { on: true }, 404],
])('%s with %j answers %i', async (route, body, status) => {
  await using world = await openWorld()
  expect((await control(world, route, body)).status).toBe(status)
})

test('what ended a grant and what is forbidden survives a restart', async () => {
  using disk = temporary()
  const journal = disk.file('a')
  const before = await openWorld({ journal })
  const { refreshToken } = before.sandbox.control.grant(ANNA, { scopes: SCOPES })
  const ben = before.sandbox.control.grant(BEN, { scopes: SCOPES })
  before.sandbox.control.killGrant(ANNA, 'deleted')
  before.sandbox.control.forbidByPolicy(BEN, true)
  before.sandbox.control.disableMail(BEN, true)
  await before.sandbox.close()
  for (const _ of ['replayed', 'from the snapshot']) {
    await using after = await openWorld({ journal })
    expect(await (await refresh(after, refreshToken)).json()).toMatchObject({
      error_description: 'Account has been deleted',
    })
    expect(await (await refresh(after, ben.refreshToken)).json()).toMatchObject({
      error: 'admin_policy_enforced',
    })
    expect((await profile(after, ben.accessToken)).status).toBe(400)
  }
})

test('a refresh token is known exactly as long as a refresh succeeds', async () => {
  await using world = await openWorld()
  const { control } = world.sandbox
  control.setOptions({ testingLife: true })
  const { refreshToken, accessToken } = control.grant(ANNA, { scopes: SCOPES })
  const agree = async (expected: boolean) => {
    expect(control.knowsRefreshToken(refreshToken)).toBe(expected)
    expect((await refresh(world, refreshToken)).ok).toBe(expected)
  }
  await agree(true)
  control.disableClient(CLIENT.id)
  await agree(false)
  control.enableClient(CLIENT.id)
  control.forbidByPolicy(ANNA, true)
  await agree(false)
  control.forbidByPolicy(ANNA, false)
  await agree(true)
  world.pass(7 * 24 * 60 * MINUTE)
  await agree(false)
  world.pass(-MINUTE)
  await agree(true)
  control.killGrant(ANNA, 'session_policy')
  await agree(false)
  expect(control.knowsRefreshToken(accessToken)).toBe(false)
  expect(control.knowsRefreshToken('1//unknown')).toBe(false)
})
