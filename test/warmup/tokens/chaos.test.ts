import { expect, test } from 'vitest'
import { sql } from '../../../src/db/drizzle.ts'
import { type Random, randomInteger, seededRandom } from '../../../src/domain/random.ts'
import { expectAgreement } from '../../support/agreement.ts'
import { connectCheaply, onTokenRequests, refreshesOf } from '../../support/tokens.ts'
import { openWorld, type World } from '../../support/world.ts'

const SEED = process.env.TEST_SEED ?? 'chaos'
const MINUTE = 60_000
const START = new Date('2026-03-02T06:00:00Z')
/** With time left in the day for what is owed. */
const CHAOS_ENDS = new Date('2026-03-03T14:00:00Z')

type Fault = Parameters<typeof onTokenRequests>[1]

/** What Google may do to a request for a token while it has a bad day. */
const FAULTS: ((random: Random) => Fault)[] = [
  () => ({ drop: 'before' }),
  () => ({ drop: 'after' }),
  () => ({ status: 500 }),
  () => ({ status: 503, body: '<html>' }),
  (random) => ({ status: 429, headers: { 'retry-after': String(randomInteger(random, 1, 600)) } }),
  () => ({ status: 200, body: '<html>' }),
  () => ({ status: 200, body: { access_token: 'a', expires_in: -1 } }),
  () => ({ status: 400, body: { error: 'something_new' } }),
  () => ({ delayMs: 200 }),
]

test('two days of faults at the token endpoint cost no account its grant and no mail its way, and the backlog drains', async () => {
  await using world = await openWorld({ concurrency: 20 })
  const random = seededRandom(SEED)
  world.sandbox.control.forcePlacement('inbox')
  for (let i = 0; i < 10; i += 1)
    await connectCheaply(world, `warmup-${i}@example.com`, {
      settings: { kind: 'warmup', startVolume: 2, dailyIncrease: 0 },
    })
  for (let i = 0; i < 20; i += 1) await connectCheaply(world, `pool-${i}@example.org`)

  let struck = 0
  for (let time = START.getTime(); time < CHAOS_ENDS.getTime(); time += 15 * MINUTE) {
    const faults = Array.from({ length: 6 }, () => {
      const fault = FAULTS[randomInteger(random, 0, FAULTS.length - 1)]?.(random)
      return onTokenRequests(world, { ...fault, count: 1 })
    })
    // Every other hour nothing answers for a quarter of it.
    if (random() < 0.125) faults.push(onTokenRequests(world, { status: 503 }))
    await world.runUntil(new Date(time + 15 * MINUTE))
    struck += faults.reduce((sum, fault) => sum + fault.count(), 0)
    world.sandbox.control.clearFaults()
  }
  expect(struck).toBeGreaterThan(50)
  expect(refreshesOf(world)).toBeGreaterThan(50)
  expect(await statuses(world)).toEqual(['active'])

  // The longest wait after an error is an hour; from then on nothing is owed any more.
  await world.runUntil(new Date(CHAOS_ENDS.getTime() + 65 * MINUTE))
  expect(await owed(world)).toEqual([])
  await world.runUntil(new Date('2026-03-04T22:00:00Z'))
  expect(await statuses(world)).toEqual(['active'])
  await expectAgreement(world.runtime, world.sandbox.control.ledger())
}, 180_000)

const statuses = async ({ runtime }: World) => [
  ...new Set((await runtime.warmup.store.accounts.all()).map(({ status }) => status)),
]

/** Tasks that are due, or wait because of an error. */
async function owed({ runtime, clock }: World) {
  return runtime.db.execute(
    sql`select kind, account_id, due_at, errors, waiting_for from tasks where due_at <= ${clock.now().toISOString()} or errors > 0`,
  )
}
