import { describe, expect, test } from 'vitest'
import { eq } from '../../src/db/drizzle.ts'
import { accounts } from '../../src/db/schema.ts'
import { createRuntime } from '../../src/runtime.ts'
import {
  type AuthenticateAndUpdateToken,
  createAuthenticator,
} from '../../src/warmup/authenticate-and-update-token.ts'
import { openWorld, type World } from '../support/world.ts'

const EMAIL = 'anna@example.com'
const HOUR = 3_600_000

async function openConnected() {
  const world = await openWorld()
  const account = await world.connect(EMAIL, { kind: 'pool' })
  return { world, account }
}

const refreshesOf = ({ sandbox }: World) =>
  sandbox.control.ledger().filter(({ kind }) => kind === 'refreshed').length
const statusOf = async ({ runtime }: World, id: number) =>
  (await runtime.warmup.store.accounts.byId(id))?.status
const stored = async ({ runtime }: World, id: number) =>
  (await runtime.warmup.store.accounts.token(id))?.token
const isTokenUri = { path: '/token$', method: 'POST' }

describe('authenticateAndUpdateToken', () => {
  test('hands out a token that is valid for more than a quarter of an hour as it is', async () => {
    const { world, account } = await openConnected()
    await using _ = world
    world.clock.pass(HOUR - 16 * 60_000)
    expect(await world.runtime.warmup.authenticateAndUpdateToken(account.id)).toMatchObject({
      refreshed: false,
    })
    expect(refreshesOf(world)).toBe(0)
  })

  test('refreshes one that expires within five minutes, and has committed it before it is used', async () => {
    const { world, account } = await openConnected()
    await using _ = world
    world.clock.pass(HOUR - 4 * 60_000)
    const { accessToken, refreshed } = await world.runtime.warmup.authenticateAndUpdateToken(account.id)
    expect(refreshed).toBe(true)
    expect(await stored(world, account.id)).toMatchObject({ access_token: accessToken })
  })

  test('refreshes once, however many tasks in however many processes ask at the same time', async () => {
    const { world, account } = await openConnected()
    await using _ = world
    const others = [1, 2, 3].map(() => createRuntime(world.config, world.clock, world.runtime.warmup.log))
    const ask: AuthenticateAndUpdateToken[] = [world.runtime, ...others].map(({ warmup }) =>
      createAuthenticator(warmup),
    )
    world.clock.pass(2 * HOUR)
    world.sandbox.control.addFault({ ...isTokenUri, delayMs: 200 })
    const tokens = await Promise.all(Array.from({ length: 200 }, (_, i) => ask[i % ask.length]?.(account.id)))
    expect(new Set(tokens.map((token) => token?.accessToken)).size).toBe(1)
    expect(refreshesOf(world)).toBe(1)
    for (const { close } of others) await close()
  })

  test.each([true, false])(
    'keeps up with refresh tokens that Google rotates: %s',
    async (rotateRefreshTokens) => {
      const { world, account } = await openConnected()
      await using _ = world
      world.sandbox.control.setOptions({ rotateRefreshTokens })
      const first = await stored(world, account.id)
      for (let i = 0; i < 3; i += 1) {
        world.clock.pass(2 * HOUR)
        await world.runtime.warmup.authenticateAndUpdateToken(account.id)
      }
      const last = await stored(world, account.id)
      expect(last?.refresh_token === first?.refresh_token).toBe(!rotateRefreshTokens)
      expect(last?.obtained_at).toBe(first?.obtained_at)
    },
  )

  test('marks the account once Google says that its grant is dead', async () => {
    const { world, account } = await openConnected()
    await using _ = world
    world.sandbox.control.revokeGrant(EMAIL)
    world.clock.pass(2 * HOUR)
    await expect(world.runtime.warmup.authenticateAndUpdateToken(account.id)).rejects.toThrow(/invalid_grant/)
    expect(await statusOf(world, account.id)).toBe('needs_reauth')
  })

  test.each([
    ['a 500', { status: 500 }],
    ['a 429', { status: 429, headers: { 'retry-after': '60' } }],
    ['HTML', { status: 200, body: '<html>' }],
    ['an invalid_client', { status: 401, body: '{"error":"invalid_client"}' }],
    ['a dropped connection', { drop: 'before' }],
  ] as const)('never marks it for %s', async (_, fault) => {
    const { world, account } = await openConnected()
    await using __ = world
    world.sandbox.control.addFault({ ...isTokenUri, ...fault, count: 1 })
    world.clock.pass(2 * HOUR)
    await expect(world.runtime.warmup.authenticateAndUpdateToken(account.id)).rejects.toThrow()
    expect(await statusOf(world, account.id)).toBe('active')
    world.clock.pass(2 * 60_000)
    expect(await world.runtime.warmup.authenticateAndUpdateToken(account.id)).toMatchObject({
      refreshed: true,
    })
  })

  test('goes on with a token that is still valid while Google fails', async () => {
    const { world, account } = await openConnected()
    await using _ = world
    world.sandbox.control.addFault({ ...isTokenUri, status: 503, count: 1000 })
    world.clock.pass(HOUR - 2 * 60_000)
    const before = await stored(world, account.id)
    const answers = await Promise.all(
      [1, 2, 3].map(() => world.runtime.warmup.authenticateAndUpdateToken(account.id)),
    )
    for (const { accessToken } of answers) expect(accessToken).toBe(before?.access_token)
  })

  test('does not let a refusal of the old token condemn one that was connected meanwhile', async () => {
    const { world, account } = await openConnected()
    await using _ = world
    world.sandbox.control.revokeGrant(EMAIL)
    world.clock.pass(2 * HOUR)
    world.sandbox.control.addFault({ ...isTokenUri, delayMs: 500, count: 1 })
    const slow = world.runtime.warmup.authenticateAndUpdateToken(account.id)
    const leased = async () => {
      const [row] = await world.runtime.db.select().from(accounts).where(eq(accounts.id, account.id))
      return row?.refreshOwner
    }
    while (!(await leased()));
    await world.connect(EMAIL)
    await expect(slow).resolves.toMatchObject({
      accessToken: (await stored(world, account.id))?.access_token,
    })
    expect(await statusOf(world, account.id)).toBe('active')
  })

  test('takes the client and the token address that a token lacks from the environment', async () => {
    const { world, account } = await openConnected()
    await using _ = world
    const { store } = world.runtime.warmup
    const token = await store.accounts.token(account.id)
    if (!token) throw new Error('no token')
    const bare = { ...token.token, client_id: '', client_secret: '', token_uri: '' }
    await store.accounts.saveToken(account.id, token.version, bare)
    world.clock.pass(2 * HOUR)
    await world.runtime.warmup.authenticateAndUpdateToken(account.id)
    expect(await stored(world, account.id)).toMatchObject({
      client_id: world.config.GOOGLE_CLIENT_ID,
      token_uri: world.config.GOOGLE_TOKEN_URI,
    })
  })
})

describe('an account that needs re-authentication', () => {
  test('has its tasks parked until it is connected again, and then goes on where it was', async () => {
    await using world = await openWorld()
    world.sandbox.control.forcePlacement('inbox')
    const anna = await world.connect(EMAIL, {
      startVolume: 4,
      dailyIncrease: 0,
      openRate: 0.5,
      dailyLimit: 9,
    })
    await world.connect('ben@example.org', { kind: 'pool' })
    await world.runUntil(new Date('2026-03-02T12:00:00Z'))
    const before = await world.runtime.warmup.store.accounts.byId(anna.id)
    const sent = () =>
      world.sandbox.control.ledger().filter(({ kind, mailbox }) => kind === 'sent' && mailbox === EMAIL)
        .length

    world.sandbox.control.revokeGrant(EMAIL)
    await world.runUntil(new Date('2026-03-03T12:00:00Z'))
    const parked = sent()
    expect(await statusOf(world, anna.id)).toBe('needs_reauth')
    await world.runUntil(new Date('2026-03-04T12:00:00Z'))
    expect(sent()).toBe(parked)

    const again = await world.connect(EMAIL, { kind: 'pool', openRate: 1, dailyLimit: 500 })
    expect(again).toMatchObject({
      ...before,
      status: 'active',
      lastError: null,
      tokenVersion: again.tokenVersion,
      connectedAt: again.connectedAt,
    })
    await world.runUntil(new Date('2026-03-06T22:00:00Z'))
    expect(sent()).toBeGreaterThan(parked)
  })
})

test('no token, code or mail body stands in clear in the database', async () => {
  await using world = await openWorld()
  const anna = await world.connect(EMAIL)
  await world.connect('ben@example.org', { kind: 'pool' })
  await world.runUntil(new Date('2026-03-03T22:00:00Z'))
  const token = await stored(world, anna.id)
  const tables = await world.runtime.db.execute<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`,
  )
  expect(tables.length).toBeGreaterThan(8)
  const bodies = world.sandbox.control.messages(EMAIL).map(({ text }) => text.trim().split('\n').at(-3) ?? '')
  for (const { name } of tables) {
    const [dump] = await world.runtime.db.execute<{ text: string }>(
      `select coalesce(json_agg(t)::text, '') as text from ${name} t`,
    )
    for (const secret of [
      token?.access_token,
      token?.refresh_token,
      world.config.GOOGLE_CLIENT_SECRET,
      ...bodies,
    ])
      if (secret && secret.length > 12)
        expect(dump?.text.includes(secret), `${name} holds ${secret}`).toBe(false)
  }
})
