import { expect, test } from 'vitest'
import { incidents } from '../../../src/db/schema.ts'
import { clientIdOf } from '../../../src/domain/incident.ts'
import { createRuntime } from '../../../src/runtime.ts'
import { connectCheaply, connectMany, onTokenRequests } from '../../support/tokens.ts'
import { openWorld, type World } from '../../support/world.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
/** One process asks Google for no more tokens than this at once. */
const AT_ONCE = 20
const ACCOUNTS = 50
const OTHER = { clientId: 'other-client', clientSecret: 'other-secret' }

const statuses = async ({ runtime }: World) => [
  ...new Set((await runtime.warmup.store.accounts.all()).map(({ status }) => status)),
]

/** A vault account whose token belongs to another OAuth client. */
function connectVault(world: World) {
  world.sandbox.control.addClient(OTHER.clientId, OTHER.clientSecret)
  return connectCheaply(world, 'vault@example.net', { client: OTHER, settings: { kind: 'vault' } })
}

test('a refused client is found out by a few, then tried once a minute, and no account is to blame; others go on', async () => {
  await using world = await openWorld()
  const { control } = world.sandbox
  const { warmup } = world.runtime
  const ids = await connectMany(world, ACCOUNTS)
  const vault = await connectVault(world)
  world.clock.pass(2 * HOUR)
  control.setClientSecret(world.config.GOOGLE_CLIENT_ID, 'another one')
  const requests = onTokenRequests(world, { delayMs: 30 })
  const second = createRuntime(world.config, world.clock, warmup.log)
  const askAll = () =>
    Promise.allSettled(
      ids.flatMap((id) => [warmup, second.warmup].map((one) => one.authenticateAndUpdateToken(id))),
    )

  const first = await askAll()
  expect(first.filter(({ status }) => status === 'fulfilled')).toEqual([])
  expect(requests.count()).toBeGreaterThan(0)
  expect(requests.count()).toBeLessThanOrEqual(2 * AT_ONCE)

  for (let minute = 1; minute <= 5; minute += 1) {
    const before = requests.count()
    for (let tenSeconds = 0; tenSeconds < 6; tenSeconds += 1) {
      world.clock.pass(10 * SECOND)
      await askAll()
    }
    expect(requests.count() - before).toBe(1)
  }
  expect(await statuses(world)).toEqual(['active'])
  const open = await world.runtime.db.select().from(incidents)
  expect(open).toMatchObject([{ kind: 'app_refused', failure: 'app_refused', closedAt: null }])
  expect(await warmup.authenticateAndUpdateToken(vault.id)).toMatchObject({ refreshed: true })

  control.setClientSecret(world.config.GOOGLE_CLIENT_ID, world.config.GOOGLE_CLIENT_SECRET)
  world.clock.pass(MINUTE)
  await askAll()
  const last = await askAll()
  expect(last.filter(({ status }) => status === 'rejected')).toEqual([])
  expect(await world.runtime.db.select().from(incidents)).toMatchObject([{ closedAt: world.clock.now() }])
  await second.close()
})

test('the refusal of another client does not touch ours', async () => {
  await using world = await openWorld()
  const { warmup } = world.runtime
  const [ours = 0] = await connectMany(world, 1)
  const vault = await connectVault(world)
  world.clock.pass(2 * HOUR)
  world.sandbox.control.disableClient(OTHER.clientId)
  await expect(warmup.authenticateAndUpdateToken(vault.id)).rejects.toMatchObject({ problem: 'app_refused' })
  expect(await warmup.authenticateAndUpdateToken(ours)).toMatchObject({ refreshed: true })
  const open = await world.runtime.db.select().from(incidents)
  expect(open.map(({ subject }) => clientIdOf(subject))).toEqual([OTHER.clientId])
})

test.each([
  ['a dead grant', (world: World) => world.sandbox.control.revokeGrant('vault@example.net'), 'needs_reauth'],
  ['a policy', (world: World) => world.sandbox.control.forbidByPolicy('vault@example.net', true), 'active'],
])('a client whose only account is refused for %s is known to be right again', async (_, strike, status) => {
  await using world = await openWorld()
  const { warmup } = world.runtime
  const vault = await connectVault(world)
  world.clock.pass(2 * HOUR)
  world.sandbox.control.disableClient(OTHER.clientId)
  await expect(warmup.authenticateAndUpdateToken(vault.id)).rejects.toMatchObject({ problem: 'app_refused' })
  world.sandbox.control.enableClient(OTHER.clientId)
  strike(world)
  world.clock.pass(MINUTE)
  await expect(warmup.authenticateAndUpdateToken(vault.id)).rejects.toThrow()
  expect(await warmup.store.accounts.byId(vault.id)).toMatchObject({ status })
  expect(await warmup.store.incidents.breakerOf(OTHER.clientId)).toBeNull()
})

test('while a client is refused, tokens that have not ended go on being used', async () => {
  await using world = await openWorld()
  const ids = await connectMany(world, 5)
  world.clock.pass(56 * MINUTE)
  world.sandbox.control.disableClient(world.config.GOOGLE_CLIENT_ID)
  for (let i = 0; i < 3; i += 1) {
    const asked = ids.map((id) => world.runtime.warmup.authenticateAndUpdateToken(id))
    for (const { refreshed } of await Promise.all(asked)) expect(refreshed).toBe(false)
    world.clock.pass(30 * SECOND)
  }
})
