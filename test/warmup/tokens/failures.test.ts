import { describe, expect, test } from 'vitest'
import { eq } from '../../../src/db/drizzle.ts'
import { accounts } from '../../../src/db/schema.ts'
import { GMAIL_SCOPES } from '../../../src/domain/token.ts'
import { createOAuth } from '../../../src/google/oauth.ts'
import { createRuntime } from '../../../src/runtime.ts'
import { createAuthenticator } from '../../../src/warmup/authenticate-and-update-token.ts'
import {
  changeStoredToken,
  connectCheaply,
  connectMany,
  onTokenRequests,
  refreshesOf,
  storedToken,
} from '../../support/tokens.ts'
import { openWorld, type World } from '../../support/world.ts'

const EMAIL = 'anna@example.com'
const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** One account whose access token has ended. */
async function openExpired() {
  const world = await openWorld()
  const account = await connectCheaply(world, EMAIL)
  world.clock.pass(2 * HOUR)
  return { world, id: account.id }
}

const ask = ({ runtime }: World, id: number) => runtime.warmup.authenticateAndUpdateToken(id)

/** What a failure has left behind: on the account, and on the client that it is refreshed with. */
async function left({ runtime, clock, config }: World, id: number) {
  const { accounts: stored, tokens, incidents } = runtime.warmup.store
  const account = await stored.byId(id)
  const cooling = (await tokens.of(id))?.cooling ?? null
  const [row] = await runtime.db.select().from(accounts).where(eq(accounts.id, id))
  return {
    status: account?.status,
    failure: account?.failure,
    cooling: cooling?.problem ?? null,
    seconds: cooling && (cooling.until.getTime() - clock.now().getTime()) / SECOND,
    breaker: (await incidents.breakerOf(config.GOOGLE_CLIENT_ID)) !== null,
    leased: row?.refreshOwner !== null,
  }
}

const nothing = {
  status: 'active',
  failure: null,
  cooling: null,
  seconds: null,
  breaker: false,
  leased: false,
}

describe('an account that Google gives no token for', () => {
  test.each([
    ['revoked', 'grant_revoked'],
    ['deleted', 'account_gone'],
    ['session_policy', 'session_policy'],
  ] as const)('because its grant is %s needs re-authentication, as %s', async (reason, failure) => {
    const { world, id } = await openExpired()
    await using _ = world
    world.sandbox.control.killGrant(EMAIL, reason)
    const requests = onTokenRequests(world)
    await expect(ask(world, id)).rejects.toMatchObject({ name: 'NeedsReauthError', failure })
    expect(await left(world, id)).toEqual({ ...nothing, status: 'needs_reauth', failure })
    await expect(ask(world, id)).rejects.toMatchObject({ name: 'NeedsReauthError', failure })
    expect(requests.count()).toBe(1)
  })

  test('because a policy forbids the app waits for an hour, and goes on once that is mended', async () => {
    const { world, id } = await openExpired()
    await using _ = world
    world.sandbox.control.forbidByPolicy(EMAIL, true)
    await expect(ask(world, id)).rejects.toMatchObject({ problem: 'domain_policy' })
    const { seconds, ...rest } = await left(world, id)
    expect({ ...rest, seconds: null }).toEqual({ ...nothing, cooling: 'domain_policy' })
    expect(seconds).toBeGreaterThanOrEqual(3600)
    expect(seconds).toBeLessThanOrEqual(3615)
    world.sandbox.control.forbidByPolicy(EMAIL, false)
    world.clock.pass(HOUR + 15 * SECOND)
    await ask(world, id)
    expect(await left(world, id)).toEqual(nothing)
  })

  test.each([
    ['is disabled', (world: World) => world.sandbox.control.disableClient(world.config.GOOGLE_CLIENT_ID)],
    [
      'has another secret',
      (world: World) => world.sandbox.control.setClientSecret(world.config.GOOGLE_CLIENT_ID, 'new'),
    ],
  ])('because the client %s is not to blame', async (_, strike) => {
    const { world, id } = await openExpired()
    await using __ = world
    strike(world)
    await expect(ask(world, id)).rejects.toMatchObject({
      problem: 'app_refused',
      retryAt: new Date(world.clock.now().getTime() + MINUTE),
    })
    expect(await left(world, id)).toEqual({ ...nothing, breaker: true })
  })

  test.each([
    ['600', 600, 615],
    ['Mon, 02 Mar 2026 08:10:00 GMT', 600, 615],
    ['5', 30, 45],
    ['Mon, 02 Mar 2026 07:00:00 GMT', 30, 45],
    ['soon', 30, 45],
    ['99999999999999999999', 86_400, 86_415],
  ])('because of a 429 with Retry-After %s waits for %d to %d s', async (retryAfter, from, to) => {
    const { world, id } = await openExpired()
    await using _ = world
    const requests = onTokenRequests(world, { status: 429, headers: { 'retry-after': retryAfter } })
    await expect(ask(world, id)).rejects.toMatchObject({ problem: 'rate_limited' })
    const { seconds, ...rest } = await left(world, id)
    expect(rest).toMatchObject({ status: 'active', cooling: 'rate_limited', breaker: false, leased: false })
    expect(seconds).toBeGreaterThanOrEqual(from)
    expect(seconds).toBeLessThanOrEqual(to)

    const other = createRuntime(world.config, world.clock, world.runtime.warmup.log)
    await expect(other.warmup.authenticateAndUpdateToken(id)).rejects.toMatchObject({
      problem: 'rate_limited',
      retryAt: new Date(world.clock.now().getTime() + (seconds ?? 0) * SECOND),
    })
    await other.close()
    expect(requests.count()).toBe(1)
    world.sandbox.control.clearFaults()
    world.clock.pass((seconds ?? 0) * SECOND)
    expect(await ask(world, id)).toMatchObject({ refreshed: true })
  })

  test.each([
    ['a 500', { status: 500 }],
    ['a 500 that speaks of the grant', { status: 500, body: { error: 'invalid_grant' } }],
    ['a 503 of HTML', { status: 503, body: '<html>' }],
    ['a 400 of HTML', { status: 400, body: '<html>' }],
    ['a 400 of an unknown error', { status: 400, body: { error: 'something_new' } }],
    ['a 200 of HTML', { status: 200, body: '<html>' }],
    ['a 200 that speaks of the grant', { status: 200, body: { error: 'invalid_grant' } }],
    ['an empty answer', { status: 200, body: '' }],
    ['a list', { status: 200, body: [] }],
    ['null', { status: 200, body: 'null' }],
    ['an answer without a token', { status: 200, body: { expires_in: 3599 } }],
    ['an empty token', { status: 200, body: { access_token: '', expires_in: 3599 } }],
    ['a token without a lifetime', { status: 200, body: { access_token: 'a' } }],
    ['a lifetime in words', { status: 200, body: { access_token: 'a', expires_in: 'an hour' } }],
    ['a lifetime of nothing', { status: 200, body: { access_token: 'a', expires_in: 0 } }],
    ['a lifetime of less than nothing', { status: 200, body: { access_token: 'a', expires_in: -5 } }],
    ['an endless lifetime', { status: 200, body: '{"access_token":"a","expires_in":1e300}' }],
    ['a connection that breaks at once', { drop: 'before' }],
    ['a connection that breaks before the answer', { drop: 'after' }],
  ] as const)('because of %s is left as it is, and is tried again 30 to 45 s later', async (_, fault) => {
    const { world, id } = await openExpired()
    await using __ = world
    const before = await storedToken(world, id)
    world.sandbox.control.addFault({ path: '/token$', ...fault })
    await expect(ask(world, id)).rejects.toMatchObject({ problem: 'passing' })
    const { seconds, ...rest } = await left(world, id)
    expect(rest).toEqual({
      status: 'active',
      failure: null,
      cooling: 'passing',
      breaker: false,
      leased: false,
    })
    expect(seconds).toBeGreaterThanOrEqual(30)
    expect(seconds).toBeLessThanOrEqual(45)
    expect(await storedToken(world, id)).toEqual(before)
    await expect(ask(world, id)).rejects.toMatchObject({ problem: 'passing' })
    world.clock.pass((seconds ?? 0) * SECOND)
    expect(await ask(world, id)).toMatchObject({ refreshed: true })
  })

  test.each([
    [false, 'active'],
    [true, 'needs_reauth'],
  ])(
    'because its answer was lost asks again, and its owner is asked only where Google had replaced the refresh token: %s',
    async (rotateRefreshTokens, status) => {
      const { world, id } = await openExpired()
      await using _ = world
      world.sandbox.control.setOptions({ rotateRefreshTokens })
      world.sandbox.control.addFault({ path: '/token$', drop: 'after' })
      await expect(ask(world, id)).rejects.toMatchObject({ problem: 'passing' })
      world.clock.pass(45 * SECOND)
      const [answer] = await Promise.allSettled([ask(world, id)])
      expect(answer.status).toBe(rotateRefreshTokens ? 'rejected' : 'fulfilled')
      expect((await left(world, id)).status).toBe(status)
    },
  )

  test('because of an answer that takes too long is left as it is', async () => {
    const { world, id } = await openExpired()
    await using _ = world
    const { config } = world
    const oauth = createOAuth(
      {
        authUri: config.GOOGLE_AUTH_URI,
        tokenUri: config.GOOGLE_TOKEN_URI,
        revokeUri: config.GOOGLE_REVOKE_URI,
        userinfoUri: config.GOOGLE_USERINFO_URI,
        clientId: config.GOOGLE_CLIENT_ID,
        clientSecret: config.GOOGLE_CLIENT_SECRET,
        redirectUri: '',
        timeoutMs: 100,
      },
      world.clock,
    )
    world.sandbox.control.addFault({ path: '/token$', delayMs: 500 })
    const impatient = createAuthenticator({ ...world.runtime.warmup, oauth })
    await expect(impatient(id)).rejects.toMatchObject({ problem: 'passing' })
    expect(await left(world, id)).toMatchObject({ status: 'active', cooling: 'passing', leased: false })
  })
})

describe('an answer with a token', () => {
  test('displaces nothing that is known with what makes no sense', async () => {
    const { world, id } = await openExpired()
    await using _ = world
    const before = await storedToken(world, id)
    world.sandbox.control.addFault({
      path: '/token$',
      body: '{"access_token":"a","expires_in":3599,"refresh_token":"","scope":"","refresh_token_expires_in":1e300}',
    })
    expect(await ask(world, id)).toMatchObject({ accessToken: 'a', refreshed: true })
    const { refresh_token, scope } = before
    expect(await storedToken(world, id)).toMatchObject({ access_token: 'a', refresh_token, scope })
    expect(await storedToken(world, id)).not.toHaveProperty('refresh_token_expires_at')
  })

  test('is never believed to live longer than it does, however slowly it came', async () => {
    const { world, id } = await openExpired()
    await using _ = world
    const { warmup } = world.runtime
    const askedAt = world.clock.now().getTime()
    const slow = {
      ...warmup.oauth,
      async refresh(...request: Parameters<typeof warmup.oauth.refresh>) {
        const grant = await warmup.oauth.refresh(...request)
        world.clock.pass(19 * SECOND)
        return grant
      },
    }
    const { expiresAt } = await createAuthenticator({ ...warmup, oauth: slow })(id)
    expect(expiresAt).toEqual(new Date(askedAt + 3599 * SECOND))
  })
})

describe('while Google fails', () => {
  test('a hundred callers who ask every second for a minute cause two requests', async () => {
    const { world, id } = await openExpired()
    await using _ = world
    const requests = onTokenRequests(world, { status: 503 })
    for (let second = 0; second < 60; second += 1) {
      const asked = await Promise.allSettled(Array.from({ length: 100 }, () => ask(world, id)))
      expect(asked.filter(({ status }) => status === 'fulfilled')).toEqual([])
      world.clock.pass(SECOND)
    }
    expect(requests.count()).toBe(2)
  })

  test('a token that has not ended goes on being used by all of them, and two requests are made', async () => {
    await using world = await openWorld()
    const { id } = await connectCheaply(world, EMAIL)
    const { access_token } = await storedToken(world, id)
    world.clock.pass(56 * MINUTE)
    const requests = onTokenRequests(world, { status: 503 })
    for (let second = 0; second < 60; second += 1) {
      const tokens = await Promise.all(Array.from({ length: 100 }, () => ask(world, id)))
      expect(new Set(tokens.map(({ accessToken }) => accessToken))).toEqual(new Set([access_token]))
      world.clock.pass(SECOND)
    }
    expect(requests.count()).toBe(2)
  })

  test('each account waits for a time of its own', async () => {
    await using world = await openWorld()
    const ids = await connectMany(world, 10)
    world.clock.pass(2 * HOUR)
    onTokenRequests(world, { status: 503 })
    await Promise.allSettled(ids.map((id) => ask(world, id)))
    const waits = await Promise.all(ids.map(async (id) => (await left(world, id)).seconds))
    expect(new Set(waits).size).toBe(10)
  })
})

describe('a refusal', () => {
  test('of the old token does not condemn one that was connected meanwhile', async () => {
    const { world, id } = await openExpired()
    await using _ = world
    world.sandbox.control.revokeGrant(EMAIL)
    world.sandbox.control.addFault({ path: '/token$', delayMs: 500 })
    const slow = ask(world, id)
    while (!(await left(world, id)).leased);
    await world.connect(EMAIL)
    await expect(slow).resolves.toMatchObject({ accessToken: (await storedToken(world, id)).access_token })
    expect(await left(world, id)).toEqual(nothing)
  })
})

describe('a token', () => {
  test('that lacks its client and its address takes them from the environment', async () => {
    const { world, id } = await openExpired()
    await using _ = world
    await changeStoredToken(world, id, { client_id: '', client_secret: '', token_uri: '' })
    await ask(world, id)
    expect(await storedToken(world, id)).toMatchObject({
      client_id: world.config.GOOGLE_CLIENT_ID,
      token_uri: world.config.GOOGLE_TOKEN_URI,
    })
  })

  test('of our client is refreshed with the secret that the environment has now', async () => {
    const { world, id } = await openExpired()
    await using _ = world
    world.sandbox.control.setClientSecret(world.config.GOOGLE_CLIENT_ID, 'a new secret')
    const restarted = createRuntime(
      { ...world.config, GOOGLE_CLIENT_SECRET: 'a new secret' },
      world.clock,
      world.runtime.warmup.log,
    )
    expect(await restarted.warmup.authenticateAndUpdateToken(id)).toMatchObject({ refreshed: true })
    await restarted.close()
    expect(await storedToken(world, id)).toMatchObject({ client_secret: 'a new secret' })
  })
})

describe('Gmail', () => {
  const profile = { path: '/profile$', method: 'GET' }

  async function openAsked() {
    const world = await openWorld()
    const { id } = await connectCheaply(world, EMAIL)
    const look = async () => (await world.runtime.warmup.openMailbox(id))((mailbox) => mailbox.address())
    return { world, id, look }
  }

  test('that answers 401 is asked once more, with a new token', async () => {
    const { world, look } = await openAsked()
    await using _ = world
    world.sandbox.control.addFault({ ...profile, status: 401, reason: 'authError' })
    const requests = onTokenRequests(world)
    expect(await look()).toBe(EMAIL)
    expect(requests.count()).toBe(1)
    expect(refreshesOf(world)).toBe(1)
  })

  test('that answers 401 to the new token too is not asked a third time', async () => {
    const { world, look } = await openAsked()
    await using _ = world
    const refusals = world.sandbox.control.addFault({
      ...profile,
      status: 401,
      reason: 'authError',
      count: 100,
    })
    const requests = onTokenRequests(world)
    await expect(look()).rejects.toMatchObject({ problem: 'unauthorized' })
    expect(100 - refusals.count).toBe(2)
    expect(requests.count()).toBe(1)
  })

  test('that answers 401 to many at once makes them share one new token', async () => {
    const { world, look } = await openAsked()
    await using _ = world
    world.sandbox.control.expireAccessTokens()
    const requests = onTokenRequests(world, { delayMs: 50 })
    expect(new Set(await Promise.all(Array.from({ length: 20 }, look)))).toEqual(new Set([EMAIL]))
    expect(requests.count()).toBe(1)
  })

  test('that answers 401 to two requests of one run, one after the other, makes them share one new token', async () => {
    const { world, id } = await openAsked()
    await using _ = world
    world.sandbox.control.expireAccessTokens()
    const requests = onTokenRequests(world)
    const ask = await world.runtime.warmup.openMailbox(id)
    const first = ask((mailbox) => mailbox.address())
    const second = ask(async (mailbox) => {
      await first
      return mailbox.address()
    })
    expect(await Promise.all([first, second])).toEqual([EMAIL, EMAIL])
    expect(requests.count()).toBe(1)
  })

  test.each(['rateLimitExceeded', 'dailyLimitExceeded', 'domainPolicy'])(
    'that answers 403 %s is not asked with another token',
    async (reason) => {
      const { world, look } = await openAsked()
      await using _ = world
      world.sandbox.control.addFault({ ...profile, status: 403, reason })
      const requests = onTokenRequests(world)
      await expect(look()).rejects.toThrow()
      expect(requests.count()).toBe(0)
    },
  )

  test('that answers 403 insufficientPermissions is asked with a new token, and nobody is condemned for it alone', async () => {
    const { world, look } = await openAsked()
    await using _ = world
    world.sandbox.control.addFault({ ...profile, status: 403, reason: 'insufficientPermissions', count: 2 })
    const requests = onTokenRequests(world)
    await expect(look()).rejects.toMatchObject({ problem: 'unauthorized' })
    expect(requests.count()).toBe(1)
    expect(await world.runtime.warmup.store.accounts.all()).toMatchObject([{ status: 'active' }])
  })

  test('that answers 403 insufficientPermissions needs its owner where the new token tells that a scope is gone', async () => {
    const { world, look } = await openAsked()
    await using _ = world
    world.sandbox.control.untickScope(EMAIL, GMAIL_SCOPES[2])
    world.sandbox.control.addFault({ ...profile, status: 403, reason: 'insufficientPermissions' })
    await expect(look()).rejects.toMatchObject({ failure: 'missing_scopes' })
    expect(await world.runtime.warmup.store.accounts.all()).toMatchObject([
      { status: 'needs_reauth', failure: 'missing_scopes' },
    ])
  })
})
