import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { openWorld, type World } from '../support/world.ts'

type Result = { code: number; stdout: string; stderr: string }

async function check(world: World, ...options: string[]): Promise<Result> {
  return checkWith(world, {}, ...options)
}

async function checkWith(
  world: World,
  changes: Record<string, string>,
  ...options: string[]
): Promise<Result> {
  const { PATH, HOME } = process.env
  const { TOKEN_ENCRYPTION_KEYS, DATABASE_URL, BASE_URL } = world.config
  const env = {
    PATH,
    HOME,
    ...world.sandbox.settings,
    DATABASE_URL,
    BASE_URL,
    TOKEN_ENCRYPTION_KEYS: TOKEN_ENCRYPTION_KEYS[0]?.toString('base64'),
    DATA_DIR: '/nonexistent',
    ...changes,
  }
  const run = promisify(execFile)(process.execPath, ['scripts/fix-expired-tokens.ts', ...options], { env })
  return run.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }: Result) => ({ code, stdout, stderr }),
  )
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
  const token = await store.accounts.token(ben.id)
  if (!token) throw new Error('no token')
  await store.accounts.saveToken(ben.id, token.version, { ...token.token, expiry: new Date(0).toISOString() })
  world.sandbox.control.revokeGrant(cleo.email)

  const dry = await check(world, '--dry-run')
  expect(dry.stdout).toMatch(/^refresh due +ben@example\.org/m)
  expect(world.sandbox.control.ledger().filter(({ kind }) => kind === 'refreshed')).toEqual([])

  const { code, stdout } = await check(world)
  expect(code).toBe(1)
  expect(stdout).toMatch(/^refreshed +ben@example\.org/m)
  expect(stdout).toMatch(/^FAILED +cleo@example\.net \(pool\) +invalid_grant: /m)
  expect(stdout).toContain('Valid: 1   Refreshed: 1   Failed: 1')
  expect(stdout).toContain(
    `${cleo.id}  cleo@example.net (pool): press “Connect again” at http://127.0.0.1:9/accounts/${cleo.id}`,
  )

  const json = await check(world, '--json', '--account', String(cleo.id))
  expect(json.code).toBe(1)
  expect(JSON.parse(json.stdout)).toMatchObject({
    counts: { failed: 1, valid: 0 },
    accounts: [{ accountId: cleo.id, health: 'failed', needsReauth: true }],
  })
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
  expect(outage.stdout).not.toContain('need re-authentication')
  const wrongKey = await checkWith(world, { TOKEN_ENCRYPTION_KEYS: Buffer.alloc(32).toString('base64') })
  expect(wrongKey).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^TOKEN_ENCRYPTION_KEYS: expected also the key [0-9a-f]{8} /),
  })
})
