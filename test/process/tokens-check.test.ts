import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { eq } from '../../src/db/drizzle.ts'
import { accounts } from '../../src/db/schema.ts'
import { DEFAULT_SETTINGS } from '../../src/domain/account.ts'
import { GMAIL_SCOPES, tokenFromGrant } from '../../src/domain/token.ts'
import { FAILURE_ADVICE, TOKEN_FAILURES } from '../../src/domain/token-failure.ts'
import { keepConnection } from '../../src/warmup/connect-account.ts'
import { childEnvironment } from '../support/child-environment.ts'
import { openWorld, type World } from '../support/world.ts'

type Result = { code: number | null; stdout: string; stderr: string }

async function check(world: World, ...options: string[]): Promise<Result> {
  return start(world, {}, ...options).ended
}

function start(
  world: World,
  changes: Record<string, string>,
  ...options: string[]
): { child: ChildProcess; ended: Promise<Result> } {
  const { TOKEN_ENCRYPTION_KEYS, DATABASE_URL, BASE_URL, GOOGLE_API_ROOT } = world.config
  const env = {
    ...childEnvironment(),
    ...world.sandbox.settings,
    GOOGLE_API_ROOT,
    DATABASE_URL,
    BASE_URL,
    TOKEN_ENCRYPTION_KEYS: TOKEN_ENCRYPTION_KEYS[0]?.toString('base64'),
    DATA_DIR: '/nonexistent',
    ...changes,
  }
  const child = spawn(process.execPath, ['scripts/fix-expired-tokens.ts', ...options], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)]).then(
    ([[code], stdout, stderr]) => ({ code, stdout, stderr }),
  )
  return { child, ended }
}

/** Something before the simulated Gmail that keeps every request waiting, and counts how many wait at once. */
async function slowedDown(ms: number) {
  let atOnce = 0
  let most = 0
  let origin = ''
  const server = createServer((request, response) => {
    atOnce += 1
    most = Math.max(most, atOnce)
    const answer = async () => {
      await delay(ms)
      const { authorization = '' } = request.headers
      const reply = await fetch(`${origin}${request.url}`, { headers: { authorization } })
      response.writeHead(reply.status, { 'content-type': 'application/json' }).end(await reply.text())
    }
    answer()
      .catch(() => response.destroy())
      .finally(() => {
        atOnce -= 1
      })
  })
  return {
    async between(gmail: string): Promise<string> {
      origin = gmail
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    },
    mostAtOnce: () => most,
    calm() {
      most = 0
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Every name in a document, with the way to it; of a list, those of its last item. */
function namesIn(document: unknown, path = ''): string[] {
  if (document === null || typeof document !== 'object') return [path]
  if (Array.isArray(document)) return namesIn(document.at(-1), `${path}[]`)
  return Object.entries(document).flatMap(([name, value]) => namesIn(value, `${path}.${name}`))
}

async function grantMany({ sandbox, runtime: { warmup } }: World, count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    const email = `mailbox-${i}@example.com`
    const { accessToken, refreshToken } = sandbox.control.grant(email, { scopes: [...GMAIL_SCOPES] })
    const grant = { accessToken, refreshToken, expiresInSeconds: 3600, refreshTokenExpiresInSeconds: null }
    const token = tokenFromGrant(
      { ...grant, scope: GMAIL_SCOPES.join(' ') },
      warmup.oauth.client,
      warmup.clock.now(),
    )
    await keepConnection(warmup, {
      googleUserId: null,
      email,
      token,
      settings: { ...DEFAULT_SETTINGS, kind: 'pool' },
    })
  }
}

async function openThree() {
  // The script lives in the wall's time, and so must the tokens.
  const world = await openWorld({ start: new Date().toISOString() })
  const anna = await world.connect('anna@example.com')
  const ben = await world.connect('ben@example.org', { kind: 'pool' })
  const cleo = await world.connect('cleo@example.net', { kind: 'pool' })
  return { world, anna, ben, cleo }
}

test('tokens:check says of each account whether its token works, and exits with 0 where all do', async () => {
  const { world } = await openThree()
  await using _ = world
  const { code, stdout } = await check(world)
  expect(code).toBe(0)
  expect(stdout).toMatch(/^valid +anna@example\.com \(warmup\)/m)
  expect(stdout).toMatch(/^valid +ben@example\.org \(pool\)/m)
  expect(stdout).toContain('Valid: 3   Refreshed: 0   Failed: 0')
})

test('it refreshes what is due, names what needs the operator, and exits with 1', async () => {
  const { world, ben, cleo } = await openThree()
  await using _ = world
  const { store } = world.runtime.warmup
  const token = await store.tokens.of(ben.id)
  if (!token) throw new Error('no token')
  await store.tokens.save(ben.id, token.version, { ...token.token, expiry: new Date(0).toISOString() })
  world.sandbox.control.revokeGrant(cleo.email)

  const dry = await check(world, '--dry-run')
  expect(dry.stdout).toMatch(/^refresh due +ben@example\.org/m)
  expect(world.sandbox.control.ledger().filter(({ kind }) => kind === 'refreshed')).toEqual([])

  const { code, stdout } = await check(world)
  expect(code).toBe(1)
  expect(stdout).toMatch(/^refreshed +ben@example\.org/m)
  expect(stdout).toMatch(/^FAILED +cleo@example\.net \(pool\) +grant_revoked +invalid_grant: /m)
  expect(stdout).toContain('Valid: 1   Refreshed: 1   Failed: 1')
  const { means, advice } = FAILURE_ADVICE.grant_revoked
  expect(stdout).toContain(
    [
      `grant_revoked: ${means} (1 account, for the mailbox’s owner)`,
      `  ${advice}`,
      `    cleo@example.net (pool)  http://127.0.0.1:9/accounts/${cleo.id}  invalid_grant: `,
    ].join('\n'),
  )
})

test('--json says of every account, in stable words, what it is, how its token is, and what to do', async () => {
  const { world, ben, cleo } = await openThree()
  await using _ = world
  world.sandbox.control.revokeGrant(cleo.email)
  world.sandbox.control.expireAccessTokens(cleo.email)
  await world.runtime.db
    .update(accounts)
    .set({ extraScopes: ['profile', 'https://www.googleapis.com/auth/calendar.readonly'] })
    .where(eq(accounts.id, ben.id))

  const { code, stdout } = await check(world, '--json')
  expect(code).toBe(1)
  const report = JSON.parse(stdout)
  const { means: meaning, advice, mender } = FAILURE_ADVICE.grant_revoked
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  const token = {
    scopes: { granted: expect.arrayContaining([...GMAIL_SCOPES]), missing: [], extra_not_granted: [] },
    opens_gmail: true,
    grant_made_at: time,
    last_refreshed_at: time,
    access_token_ends_at: time,
    grant_ends_at: null,
  }
  const sound = { status: 'active', health: 'valid', failure: null, needs_reauth: false }
  expect(report).toEqual({
    version: 1,
    checked_at: time,
    counts: {
      accounts: 3,
      needs_reauth: 1,
      health: { valid: 2, refreshed: 0, due: 0, failed: 1 },
      failure: { grant_revoked: 1 },
    },
    accounts: [
      { id: expect.any(Number), email: 'anna@example.com', kind: 'warmup', ...sound, token },
      {
        id: ben.id,
        email: 'ben@example.org',
        kind: 'pool',
        ...sound,
        token: {
          ...token,
          scopes: {
            ...token.scopes,
            extra_not_granted: ['profile', 'https://www.googleapis.com/auth/calendar.readonly'],
          },
        },
      },
      {
        id: cleo.id,
        email: 'cleo@example.net',
        kind: 'pool',
        status: 'needs_reauth',
        health: 'failed',
        failure: {
          code: 'grant_revoked',
          meaning,
          advice,
          mender,
          words: expect.stringMatching(/^invalid_grant: /),
        },
        needs_reauth: true,
        token,
      },
    ],
  })

  const documented = await readFile('docs/tokens-check.md', 'utf8')
  const [, example = ''] = /```json\n(.*?)```/s.exec(documented) ?? []
  // The last account has failed, like the documented one.
  expect(namesIn(JSON.parse(example))).toEqual(namesIn(report))
  for (const failure of TOKEN_FAILURES) expect(documented).toContain(`\`${failure}\``)
})

test('--account takes an id or an address, and tells all of that token', async () => {
  const { world, ben } = await openThree()
  await using _ = world
  const byAddress = await check(world, '--account', 'Ben@Example.org')
  expect(byAddress.code).toBe(0)
  expect(byAddress.stdout).toContain('Valid: 1   Refreshed: 0   Failed: 0')
  expect(byAddress.stdout).toMatch(/^granted +.*gmail\.send/m)
  expect(byAddress.stdout).toMatch(/^grant ends +not by itself$/m)
  const byId = await check(world, '--account', String(ben.id))
  expect(byId.stdout).toMatch(/^valid +ben@example\.org \(pool\)$/m)
  expect(byId.stdout).not.toContain('anna@')
})

test('a token that was never sealed fails alone, with words and no trace', async () => {
  const { world, ben } = await openThree()
  await using _ = world
  const clear = '{"access_token":"ya29.in-clear"}'
  await world.runtime.db.update(accounts).set({ oauthToken: clear }).where(eq(accounts.id, ben.id))
  const { code, stdout, stderr } = await check(world)
  expect({ code, stderr }).toEqual({ code: 2, stderr: '' })
  expect(stdout).toMatch(/^FAILED +ben@example\.org \(pool\) +internal +not a sealed secret$/m)
  expect(stdout).toContain('Valid: 2   Refreshed: 0   Failed: 1')
  expect(stdout).not.toContain('in-clear')
})

test('it asks Google about 20 accounts at once, and Ctrl-C ends it between two of them', async () => {
  const google = await slowedDown(100)
  await using world = await openWorld({ start: new Date().toISOString(), between: google.between })
  await using _ = google
  await grantMany(world, 60)

  const { code, stdout } = await check(world)
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('Valid: 60 ') })
  expect(google.mostAtOnce()).toBeLessThanOrEqual(20)
  expect(google.mostAtOnce()).toBeGreaterThanOrEqual(10)

  google.calm()
  const { child, ended } = start(world, {})
  await expect.poll(google.mostAtOnce, { interval: 5, timeout: 20_000 }).toBeGreaterThan(0)
  child.kill('SIGINT')
  const { code: status, stderr } = await ended
  const [, checked] = /^interrupted: (\d+) of 60 accounts were checked\n$/.exec(stderr) ?? []
  expect({ status, stderr, checked: Number(checked) < 60 }).toMatchObject({ status: 2, checked: true })
})

test('it exits with 2 where it could not find out: an unknown account, a bad option, no Google, a wrong key', async () => {
  const { world } = await openThree()
  await using _ = world
  expect(await check(world, '--account', '4711')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('4711'),
  })
  expect(await check(world, '--acount', '1')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('usage'),
  })
  world.sandbox.control.addFault({ path: '/profile$', status: 503, count: 100 })
  const outage = await check(world)
  expect(outage).toMatchObject({ code: 2, stdout: expect.stringContaining('Failed: 3') })
  expect(outage.stdout).toContain(
    'google_unavailable: Google could not be asked (3 accounts, passes by itself)',
  )
  const wrongKey = await start(world, {
    TOKEN_ENCRYPTION_KEYS: Buffer.alloc(32).toString('base64'),
  }).ended
  expect(wrongKey).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^TOKEN_ENCRYPTION_KEYS: expected also the key [0-9a-f]{8} /),
  })
})

test('--help shows the options, and needs no database', async () => {
  await using world = await openWorld()
  const { code, stdout, stderr } = await start(world, { DATABASE_URL: '' }, '--help').ended
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(/^usage: npm run tokens:check .*--account.*--dry-run.*--json/)
})
