import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { eq, sql } from '../../src/db/drizzle.ts'
import { emailBodies } from '../../src/db/inbox-schema.ts'
import { createKeyUse } from '../../src/db/key-use.ts'
import { accounts, webhooks } from '../../src/db/schema.ts'
import { SEALED_COLUMNS } from '../../src/db/sealed-columns.ts'
import { createSealer, emailContext, webhookContext } from '../../src/db/sealing.ts'
import { createStore } from '../../src/db/store.ts'
import { childEnvironment } from '../support/child-environment.ts'
import { addHook, fetchNow } from '../support/mail-routes.ts'
import { openReceiver } from '../support/receiver.ts'
import { openWorld, type World } from '../support/world.ts'

type Result = { code: number | null; stdout: string; stderr: string }

function start(
  world: World,
  ...keys: (Buffer | undefined)[]
): { child: ChildProcess; ended: Promise<Result> } {
  const env = {
    ...childEnvironment(),
    ...world.sandbox.settings,
    DATABASE_URL: world.config.DATABASE_URL,
    TOKEN_ENCRYPTION_KEYS: keys.map((key) => key?.toString('base64')).join(','),
    DATA_DIR: '/nonexistent',
  }
  const child = spawn(process.execPath, ['scripts/rotate-keys.ts'], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)]).then(
    ([[code], stdout, stderr]) => ({ code, stdout, stderr }),
  )
  return { child, ended }
}

const rotate = (world: World, ...keys: (Buffer | undefined)[]) => start(world, ...keys).ended

/** A new key, and the one that the world's secrets are sealed with. */
function keysOf(world: World): [Buffer, Buffer] {
  return [randomBytes(32), world.config.TOKEN_ENCRYPTION_KEYS[0] as Buffer]
}

/** How many secrets each key seals, by column; what was never sealed does not count. */
async function useOf({ runtime }: World, key: Buffer): Promise<Record<string, number>> {
  const [id] = createSealer([key]).keyIds
  const uses = await runtime.warmup.store.keyUse.inUse()
  return Object.fromEntries(
    uses.filter(({ keyId }) => keyId === id).map(({ column, secrets }) => [column.name, secrets]),
  )
}

async function addWebhooks({ runtime, clock }: World, count: number): Promise<void> {
  const rows = await runtime.db
    .insert(webhooks)
    .values(
      Array.from({ length: count }, (_, i) => ({
        host: `hooks-${i}.example.com`,
        sealed: '',
        createdAt: clock.now(),
      })),
    )
    .returning({ id: webhooks.id })
  const target = (id: number) => JSON.stringify({ url: 'https://hooks.example.com/', secret: `secret ${id}` })
  const sealed = rows.map(({ id }) => runtime.sealer.seal(target(id), webhookContext(id)))
  await runtime.db.execute(
    sql`update webhooks set sealed = given.sealed
      from unnest(${sql.param(rows.map(({ id }) => id))}::bigint[], ${sql.param(sealed)}::text[]) as given (id, sealed)
      where webhooks.id = given.id`,
  )
}

test('keys:rotate seals tokens, webhook secrets and visits anew, and then the old key is not needed any more', async () => {
  await using world = await openWorld()
  const { store } = world.runtime.warmup
  const anna = await world.connect('anna@example.com', { kind: 'pool' })
  await world.connect('ben@example.com', { kind: 'pool' })
  const hook = await store.transaction((tx) =>
    tx.webhooks.add({ url: 'https://hooks.example.com/', secret: 'hush' }, new Date()),
  )
  const state = await store.oneTime.issueState({ wanted: 'anna' }, new Date())
  const [newKey, oldKey] = keysOf(world)
  const token = await store.tokens.of(anna.id)

  const { code, stdout } = await rotate(world, newKey, oldKey)
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('Sealed 4 secrets') })
  const renewed = createStore(world.runtime.db, createSealer([newKey]))
  expect(await renewed.tokens.of(anna.id)).toEqual(token)
  expect(await renewed.webhooks.target(hook)).toMatchObject({ secret: 'hush' })
  expect(await renewed.oneTime.redeemState(state, new Date())).toEqual({ wanted: 'anna' })

  expect(await rotate(world, newKey)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Sealed 0'),
  })
})

test('keys:rotate seals the texts of mails and the secrets of routes anew', async () => {
  await using world = await openWorld({ environment: { SYNC_EVERY_MINUTES: '1440' } })
  await using receiver = await openReceiver()
  const { db, warmup } = world.runtime
  const anna = await world.connect('anna@example.com', { kind: 'vault' })
  const settings = { everyMinutes: 1440, filter: '', keepsBodies: true }
  await warmup.store.mailboxes.updateSettings(anna.id, settings)
  const { secret } = await addHook(world, receiver.url)
  const texts = ['One', 'Two', 'Three']
  for (const text of texts)
    world.sandbox.control.deliverForeign(anna.email, { from: 'carl@elsewhere.example', subject: text, text })
  receiver.answer(503)
  await fetchNow(world)
  const [newKey, oldKey] = keysOf(world)

  expect(await rotate(world, newKey, oldKey)).toMatchObject({ code: 0, stderr: '' })
  expect(await useOf(world, newKey)).toEqual({
    'accounts.oauth_token': 1,
    'email_bodies.sealed': 3,
    'mail_routes.sealed': 1,
  })
  expect(await useOf(world, oldKey)).toEqual({})
  const sealer = createSealer([newKey])
  const renewed = createStore(db, sealer)
  const later = new Date(world.clock.now().getTime() + 86_400_000)
  const [first] = await renewed.mailRoutes.waiting(anna.id, later, 1)
  expect(first?.route.webhook).toEqual({ url: receiver.url, secret })
  const bodies = await db.select().from(emailBodies).orderBy(emailBodies.emailMessageId)
  expect(bodies.map(({ key, sealed }) => sealer.open(sealed, emailContext(key)))).toEqual(texts)
  const [one, two] = bodies
  expect(() => sealer.open(one?.sealed ?? '', emailContext(two?.key ?? ''))).toThrow('does not open')
})

test('killed in the middle, it goes on where it was at the next run; Ctrl-C ends it between two secrets', async () => {
  await using world = await openWorld()
  await addWebhooks(world, 1500)
  const [newKey, oldKey] = keysOf(world)
  const renewed = async () => (await useOf(world, newKey))['webhooks.sealed'] ?? 0

  const killed = start(world, newKey, oldKey)
  await expect.poll(renewed, { interval: 5, timeout: 20_000 }).toBeGreaterThan(0)
  killed.child.kill('SIGKILL')
  await killed.ended
  const first = await renewed()
  expect(first).toBeLessThan(1500)

  const interrupted = start(world, newKey, oldKey)
  await expect.poll(renewed, { interval: 5, timeout: 20_000 }).toBeGreaterThan(first)
  interrupted.child.kill('SIGINT')
  expect(await interrupted.ended).toMatchObject({ code: 2, stderr: 'interrupted\n' })
  const second = await renewed()
  expect(second).toBeLessThan(1500)

  const { code, stdout } = await rotate(world, newKey, oldKey)
  expect({ code, stdout }).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`Sealed ${1500 - second} secrets`),
  })
  const { warmup, db } = { ...world.runtime, warmup: createStore(world.runtime.db, createSealer([newKey])) }
  const [last] = await db.select({ id: sql<number>`max(id)::int` }).from(webhooks)
  expect(await warmup.webhooks.target(last?.id ?? 0)).toMatchObject({ secret: `secret ${last?.id}` })
})

test('without the old key it touches nothing, and says which key is missing and what it seals', async () => {
  await using world = await openWorld()
  await world.connect('anna@example.com', { kind: 'pool' })
  await addWebhooks(world, 2)
  const [newKey, oldKey] = keysOf(world)
  const [oldId] = createSealer([oldKey]).keyIds
  const before = await useOf(world, oldKey)

  expect(await rotate(world, newKey)).toEqual({
    code: 2,
    stdout: '',
    stderr: `TOKEN_ENCRYPTION_KEYS: expected also the key ${oldId} that seals 1 of accounts.oauth_token and 2 of webhooks.sealed\n`,
  })
  expect(await useOf(world, oldKey)).toEqual(before)
})

test('a visit that began with a key that is gone blocks nothing', async () => {
  await using world = await openWorld()
  const state = await world.runtime.warmup.store.oneTime.issueState({}, new Date())
  const [newKey] = keysOf(world)

  expect(await rotate(world, newKey)).toMatchObject({ code: 0, stderr: '' })
  const other = createStore(world.runtime.db, createSealer([newKey]))
  expect(await other.oneTime.redeemState(state, new Date())).toBeNull()
})

test('what is no sealed secret, or one of another row, is reported with its table and id, and stays as it is', async () => {
  await using world = await openWorld()
  const { db, warmup } = world.runtime
  const [anna, ben, cleo] = [
    await world.connect('anna@example.com', { kind: 'pool' }),
    await world.connect('ben@example.com', { kind: 'pool' }),
    await world.connect('cleo@example.com', { kind: 'pool' }),
  ]
  const clear = '{"access_token":"ya29.in-clear","refresh_token":"1//in-clear"}'
  await db.update(accounts).set({ oauthToken: clear }).where(eq(accounts.id, anna.id))
  await db
    .update(accounts)
    .set({ oauthToken: sql`(select oauth_token from accounts where id = ${cleo.id})` })
    .where(eq(accounts.id, ben.id))
  const [newKey, oldKey] = keysOf(world)

  const { code, stdout, stderr } = await rotate(world, newKey, oldKey)
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
  expect(stdout).toContain('Sealed 1 secrets')
  expect(stdout).toContain(`accounts.oauth_token of ${anna.id}: not a sealed secret`)
  expect(stdout).toContain(
    `accounts.oauth_token of ${ben.id}: a sealed secret does not open as account:${ben.id}`,
  )
  expect(stdout).not.toContain('in-clear')
  expect(stdout).not.toContain('Nothing needs the other keys')

  const [row] = await db.select({ token: accounts.oauthToken }).from(accounts).where(eq(accounts.id, anna.id))
  expect(row?.token).toBe(clear)
  await expect(warmup.store.tokens.of(anna.id)).rejects.toThrow('not a sealed secret')
  expect(await useOf(world, oldKey)).toEqual({ 'accounts.oauth_token': 1 })
})

test('a token that is refreshed while it is being sealed anew is not overwritten', async () => {
  await using world = await openWorld()
  const anna = await world.connect('anna@example.com', { kind: 'pool' })
  const { db, warmup } = world.runtime
  const stored = await warmup.store.tokens.of(anna.id)
  if (!stored) throw new Error('no token')
  const ring = createSealer([randomBytes(32), ...world.config.TOKEN_ENCRYPTION_KEYS])
  const tokens = SEALED_COLUMNS.find(({ name }) => name === 'accounts.oauth_token')
  if (!tokens) throw new Error('no column')
  const isBlocked = async () => {
    const [row] = await db.execute<{ blocked: boolean }>(
      sql`select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock') as blocked`,
    )
    return row?.blocked
  }

  const renewing = await warmup.store.transaction(async (tx) => {
    await tx.tokens.save(anna.id, stored.version, { ...stored.token, access_token: 'refreshed' })
    const renewal = createKeyUse(db, ring).renew(tokens, null, 10)
    await expect.poll(isBlocked).toBe(true)
    return { renewal }
  })

  expect(await renewing.renewal).toMatchObject({ renewed: 0, unopened: [] })
  expect((await warmup.store.tokens.of(anna.id))?.token.access_token).toBe('refreshed')
})
