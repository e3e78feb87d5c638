import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { sql } from '../../src/db/drizzle.ts'
import { accounts } from '../../src/db/schema.ts'
import { DEFAULT_SETTINGS } from '../../src/domain/account.ts'
import { randomInteger, seededRandom } from '../../src/domain/random.ts'
import { keepConnection } from '../../src/warmup/connect-account.ts'
import { startTokenProcess } from '../support/token-process.ts'
import { connectMany, grantToken, lapseRefreshLeases, storedToken } from '../support/tokens.ts'
import { openWorld, type World } from '../support/world.ts'

const KILLS = Number(process.env.TEST_TOKEN_KILLS ?? 4)
const SEED = process.env.TEST_SEED ?? 'kills'
const ACCOUNTS = 30
const AT_ONCE = 16
/** From Google's answer to the commit is a matter of milliseconds. */
const LATEST_MS = 8

/** What one kill has done: refreshes that Google knows of and no database does, and grants that ended with them. */
type Toll = { answersLost: number; grantsLost: number; leasesLeft: number }

test.each([false, true])(
  'a process that is killed between Google’s answer and the commit costs no grant but those whose new token died with it; rotation: %s',
  async (rotateRefreshTokens) => {
    // A process of its own lives in the wall's time, and so must its tokens.
    await using world = await openWorld({ start: new Date().toISOString() })
    world.sandbox.control.setOptions({ rotateRefreshTokens })
    const ids = await connectMany(world, ACCOUNTS)
    const random = seededRandom(`${SEED} ${rotateRefreshTokens}`)
    const tolls: Toll[] = []
    let next = startTokenProcess(world)
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const [child, before] = [await next, await standing(world)]
      if (kill < KILLS) next = startTokenProcess(world)
      child.replace(ids, AT_ONCE)
      await refreshes(world, 1 + randomInteger(random, 0, 40))
      await delay(LATEST_MS * random())
      await child.kill()
      await quiet(world, before.connections)
      const leasesLeft = await leases(world)
      await lapseRefreshLeases(world)
      const lost = await lostSince(world, before)
      if (!rotateRefreshTokens) expect(lost.grants).toEqual([])
      expect(lost.grants).toEqual(rotateRefreshTokens ? lost.answers : [])
      await expectAllButThoseToWork(world, ids, lost.grants)
      for (const id of lost.grants) await connectAgain(world, id)
      tolls.push({ answersLost: lost.answers.length, grantsLost: lost.grants.length, leasesLeft })
    }
    const sum = (key: keyof Toll) => tolls.reduce((total, toll) => total + toll[key], 0)
    console.info(
      `${KILLS} kills, rotation ${rotateRefreshTokens}: ${sum('leasesLeft')} leases left behind, ${sum('answersLost')} answers lost, ${sum('grantsLost')} grants lost`,
    )
    expect(sum('leasesLeft')).toBeGreaterThan(0)
  },
  KILLS * 10_000 + 60_000,
)

/** How many tokens each account has got, by the database and by Google, and how many connections there are. */
async function standing({ runtime, sandbox }: World) {
  const rows = await runtime.db
    .select({ id: accounts.id, email: accounts.email, version: accounts.tokenVersion })
    .from(accounts)
  const given = new Map<string, number>()
  for (const { kind, mailbox } of sandbox.control.ledger())
    if (kind === 'refreshed') given.set(mailbox, (given.get(mailbox) ?? 0) + 1)
  const byAccount = new Map(
    rows.map(({ id, email, version }) => [id, { kept: version, given: given.get(email) ?? 0 }]),
  )
  return { byAccount, connections: await connections({ runtime }) }
}

/** The accounts of which an answer was lost, and those whose stored refresh token is dead. */
async function lostSince(world: World, before: Awaited<ReturnType<typeof standing>>) {
  const { byAccount } = await standing(world)
  const answers: number[] = []
  const grants: number[] = []
  for (const [id, { kept, given }] of byAccount) {
    const was = before.byAccount.get(id) ?? { kept: 0, given: 0 }
    const lost = given - was.given - (kept - was.kept)
    expect(lost === 0 || lost === 1).toBe(true)
    if (lost === 1) answers.push(id)
    const { refresh_token } = await storedToken(world, id)
    if (!world.sandbox.control.knowsRefreshToken(refresh_token)) grants.push(id)
  }
  const inOrder = (some: number[]) => some.toSorted((a, b) => a - b)
  return { answers: inOrder(answers), grants: inOrder(grants) }
}

/** No account whose grant lives is condemned, and each of them gets a new token; the others say what they need. */
async function expectAllButThoseToWork({ runtime }: World, ids: readonly number[], lost: readonly number[]) {
  const { authenticateAndUpdateToken, store } = runtime.warmup
  for (const { id, status } of await store.accounts.all())
    expect({ id, status }).toEqual({ id, status: 'active' })
  const asked = ids.map(async (id) => {
    const stored = await store.tokens.of(id)
    return authenticateAndUpdateToken(id, { newerThan: stored?.version ?? 0 })
  })
  const answers = await Promise.allSettled(asked)
  const refused = answers.flatMap((answer, i) =>
    answer.status === 'rejected' ? [{ id: ids[i], failure: answer.reason.failure }] : [],
  )
  expect(refused).toEqual(lost.map((id) => ({ id, failure: 'grant_revoked' })))
  const condemned = (await store.accounts.all()).filter(({ status }) => status === 'needs_reauth')
  expect(condemned.map(({ id }) => id).toSorted((a, b) => a - b)).toEqual(lost)
}

async function connectAgain(world: World, id: number): Promise<void> {
  const { warmup } = world.runtime
  const account = await warmup.store.accounts.byId(id)
  if (!account) throw new Error(`no account ${id}`)
  const { email } = account
  await keepConnection(warmup, {
    googleUserId: null,
    email,
    token: grantToken(world, email),
    settings: DEFAULT_SETTINGS,
  })
}

/** Waits until Google has answered so many more refreshes. */
async function refreshes({ sandbox }: World, count: number): Promise<void> {
  const before = sandbox.control.ledger().length
  const giveUpAt = performance.now() + 30_000
  while (sandbox.control.ledger(before).filter(({ kind }) => kind === 'refreshed').length < count) {
    if (performance.now() > giveUpAt) throw new Error('the process refreshes nothing')
    await delay(1)
  }
}

/** Waits until the server has noticed that the process is gone: until then it may still commit for it. */
async function quiet({ runtime, sandbox }: World, before: number): Promise<void> {
  let seen = -1
  while ((await connections({ runtime })) > before || seen !== sandbox.control.ledger().length) {
    seen = sandbox.control.ledger().length
    await delay(10)
  }
}

async function connections({ runtime }: Pick<World, 'runtime'>): Promise<number> {
  const [row] = await runtime.db.execute<{ count: number }>(
    sql`select count(*)::int as count from pg_stat_activity where datname = current_database()`,
  )
  return row?.count ?? 0
}

async function leases({ runtime }: World): Promise<number> {
  const [row] = await runtime.db.execute<{ count: number }>(
    sql`select count(*)::int as count from accounts where refresh_until is not null`,
  )
  return row?.count ?? 0
}
