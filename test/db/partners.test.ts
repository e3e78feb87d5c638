import { expect, test } from 'vitest'
import { asc } from '../../src/db/drizzle.ts'
import { accounts, messages } from '../../src/db/schema.ts'
import { localDay } from '../../src/domain/local-time.ts'
import { memoryDays } from '../../src/domain/pairing.ts'
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

test('whom a sender met is remembered through the whole cool-down', async () => {
  await using world = await openWorld()
  await connectMany(world, 2)
  const { db, warmup } = world.runtime
  const [sender, partner] = await db.select({ id: accounts.id }).from(accounts).orderBy(asc(accounts.id))
  const day = '2026-03-30'
  const sentAt = new Date('2026-03-10T12:00:00Z')
  await db.insert(messages).values({
    conversationId: 'c',
    textKey: 'text',
    textSeed: 1,
    turn: 1,
    subject: 'Hello',
    senderId: sender?.id ?? 0,
    recipientId: partner?.id ?? 0,
    state: 'sent',
    plannedFor: sentAt,
    rfcMessageId: 'r',
    sendStartedAt: sentAt,
  })
  const met = async (coolDownDays: number) => {
    const search = { senderId: sender?.id ?? 0, day, window: localDay(day, 'UTC'), from: 0, atMost: 10 }
    const found = await warmup.store.partners.find({ ...search, memoryDays: memoryDays(coolDownDays) })
    return found.map(({ met, lastMetAt }) => [met, lastMetAt])
  }
  expect(await met(3)).toEqual([[0, null]])
  expect(await met(30)).toEqual([[1, sentAt]])
})
