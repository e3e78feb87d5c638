import { expect, test } from 'vitest'
import { asc } from '../../src/db/drizzle.ts'
import { accounts } from '../../src/db/schema.ts'
import { localDay } from '../../src/domain/local-time.ts'
import { connectMany } from '../support/tokens.ts'
import { openWorld } from '../support/world.ts'

test('of a large pool a plan looks at a stretch of the ring, which goes on at its beginning', async () => {
  await using world = await openWorld()
  await connectMany(world, 7)
  const { db, warmup } = world.runtime
  const ring = await db
    .select({ id: accounts.id, ring: accounts.ring })
    .from(accounts)
    .orderBy(asc(accounts.ring))
  const day = '2026-03-02'
  const stretch = async (from: number, atMost: number) => {
    const window = localDay(day, 'UTC')
    const search = { senderId: 0, day, window, memoryDays: 14, from: Number(ring[from]?.ring), atMost }
    return new Set((await warmup.store.partners.find(search)).map(({ accountId }) => accountId))
  }
  const ids = (...places: number[]) => new Set(places.map((place) => ring[place]?.id))
  expect(await stretch(1, 3)).toEqual(ids(1, 2, 3))
  expect(await stretch(5, 4)).toEqual(ids(5, 6, 0, 1))
  expect(await stretch(3, 100)).toEqual(ids(0, 1, 2, 3, 4, 5, 6))
})
