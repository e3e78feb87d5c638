import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { sql } from '../../src/db/drizzle.ts'
import { accounts } from '../../src/db/schema.ts'
import { createSealer } from '../../src/db/sealing.ts'
import { createTokenKeys } from '../../src/db/token-keys.ts'
import { openWorld, type World } from '../support/world.ts'

async function rotate(world: World, keys: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const { PATH, HOME } = process.env
  const env = {
    PATH,
    HOME,
    ...world.sandbox.settings,
    DATABASE_URL: world.config.DATABASE_URL,
    TOKEN_ENCRYPTION_KEYS: keys,
    DATA_DIR: '/nonexistent',
  }
  return promisify(execFile)(process.execPath, ['scripts/rotate-keys.ts'], { env }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  )
}

test('keys:rotate seals every token with the first key, and then the old one is not needed any more', async () => {
  await using world = await openWorld()
  for (const name of ['anna', 'ben', 'cleo']) await world.connect(`${name}@example.com`, { kind: 'pool' })
  const [oldKey] = world.config.TOKEN_ENCRYPTION_KEYS
  const newKey = randomBytes(32)
  const keys = `${newKey.toString('base64')},${oldKey?.toString('base64')}`
  const tokens = async (key: Buffer) => {
    const rows = await world.runtime.db.select().from(accounts)
    return rows.map(({ id, oauthToken }) =>
      JSON.parse(createSealer([key]).open(oauthToken ?? '', `account:${id}`)),
    )
  }
  const before = await tokens(oldKey as Buffer)

  const { code, stdout } = await rotate(world, keys)
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('Sealed 3 tokens') })
  expect(await tokens(newKey)).toEqual(before)
  expect(await rotate(world, newKey.toString('base64'))).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Sealed 0'),
  })
})

test('a token that is refreshed while it is being sealed anew is not overwritten', async () => {
  await using world = await openWorld()
  const anna = await world.connect('anna@example.com', { kind: 'pool' })
  const { db, warmup } = world.runtime
  const stored = await warmup.store.accounts.token(anna.id)
  if (!stored) throw new Error('no token')
  const ring = createSealer([randomBytes(32), ...world.config.TOKEN_ENCRYPTION_KEYS])
  const isBlocked = async () => {
    const [row] = await db.execute<{ blocked: boolean }>(
      sql`select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock') as blocked`,
    )
    return row?.blocked
  }

  const renewing = await warmup.store.transaction(async (tx) => {
    await tx.accounts.saveToken(anna.id, stored.version, { ...stored.token, access_token: 'refreshed' })
    const renewal = createTokenKeys(db, ring).renew(0, 10)
    await expect.poll(isBlocked).toBe(true)
    return { renewal }
  })

  expect(await renewing.renewal).toEqual({ last: anna.id, renewed: 0 })
  expect((await warmup.store.accounts.token(anna.id))?.token.access_token).toBe('refreshed')
})
