import { describe, expect, test } from 'vitest'
import { eq } from '../../src/db/drizzle.ts'
import { accountDays, accounts, events } from '../../src/db/schema.ts'
import { type AccountSettings, settingsOf } from '../../src/domain/account.ts'
import { DEFAULT_ENGINE } from '../../src/domain/engine.ts'
import { localDateOf } from '../../src/domain/local-time.ts'
import { changeSettings, pauseAccount, resumeAccount } from '../../src/warmup/account-settings.ts'
import { removeAccount } from '../../src/warmup/disconnect-account.ts'
import { messagesOf } from '../support/agreement.ts'
import { handWorker } from '../support/worker.ts'
import { openWorld, type World } from '../support/world.ts'

const ANNA = 'anna@example.com'
const MONDAY_NIGHT = new Date('2026-03-02T23:30:00Z')

async function openWithPool(settings: Partial<AccountSettings>, pool = 4) {
  const world = await openWorld()
  world.sandbox.control.forcePlacement('inbox')
  const anna = await world.connect(ANNA, { dailyIncrease: 0, ...settings })
  for (let i = 0; i < pool; i += 1)
    await world.connect(`pool${i}@pool${i % 2}.example`, { kind: 'pool', replyRate: 0 })
  // Planned before there was a pool, she tries again within ten minutes.
  await world.runUntil(new Date('2026-03-02T06:20:00Z'))
  return { world, anna }
}

const unsent = async ({ runtime }: World) =>
  (await messagesOf(runtime)).filter(({ state }) => state === 'planned')
const sentBy = ({ sandbox }: World, email: string) =>
  sandbox.control.ledger().filter((fact) => fact.kind === 'sent' && fact.mailbox === email)
const daysOf = ({ runtime }: World, id: number) =>
  runtime.db.select().from(accountDays).where(eq(accountDays.accountId, id)).orderBy(accountDays.day)

describe('a changed setting plans anew what was not sent', () => {
  test('with what was sent counted, and says what was withdrawn', async () => {
    const { world, anna } = await openWithPool({ startVolume: 12 })
    await using _ = world
    await world.runUntil(new Date('2026-03-02T12:00:00Z'))
    const before = sentBy(world, ANNA).length
    expect(before).toBeGreaterThan(2)
    const withdrawn = await unsent(world)

    const change = await changeSettings(world.runtime.warmup, anna.id, {
      ...settingsOf(anna),
      sendHours: ['14:00-16:00'],
      startVolume: 10,
    })
    expect(change).toEqual({ changed: ['startVolume', 'sendHours'], withdrawn: withdrawn.length })
    await world.settle()
    const planned = await unsent(world)
    expect(planned.length).toBeGreaterThan(0)
    expect(planned.length + before).toBeLessThanOrEqual(10)
    for (const { plannedFor } of planned) expect([14, 15]).toContain(plannedFor.getUTCHours())

    const [event] = await world.runtime.db.select().from(events).where(eq(events.kind, 'settings_changed'))
    expect(event?.data).toEqual({
      startVolume: '12 → 10',
      sendHours: '09:00-18:00 → 14:00-16:00',
      withdrawn: withdrawn.length,
    })
    expect(await daysOf(world, anna.id)).toMatchObject([
      { warmupDay: 1, volume: 10, planned: planned.length },
    ])
  })

  test('and what the plan does not rest on leaves it alone', async () => {
    const { world, anna } = await openWithPool({ startVolume: 3 })
    await using _ = world
    const before = await unsent(world)
    const settings = { ...settingsOf(anna), openRate: 0.1, signature: 'Anna', wakingHours: ['08:00-09:00'] }
    const { withdrawn } = await changeSettings(world.runtime.warmup, anna.id, settings)
    await world.settle()
    expect([withdrawn, await unsent(world)]).toEqual([0, before])
  })

  test('but leaves alone a mail that is just being sent', async () => {
    const { world, anna } = await openWithPool({ startVolume: 3 })
    await using _ = world
    using worker = handWorker(world)
    const { store } = world.runtime.warmup
    world.clock.moveTo((await store.tasks.nextDueAt()) as Date)
    world.sandbox.control.addFault({ path: '/drafts$', method: 'POST', delayMs: 300, count: 1 })
    const [handout] = await worker.handOut('send')
    const sending = worker.run(handout)
    await expect.poll(() => world.sandbox.control.faults()).toEqual([])
    const change = { ...settingsOf(anna), startVolume: 2 }
    expect((await changeSettings(world.runtime.warmup, anna.id, change)).withdrawn).toBe(2)
    expect(await sending).toBe('done')
    await world.runUntil(MONDAY_NIGHT)
    expect(sentBy(world, ANNA)).toHaveLength(2)
  })
})

describe('a daily limit', () => {
  test('holds for the day in the zone that was left, and for the one in the new zone', async () => {
    const { world, anna } = await openWithPool({
      startVolume: 20,
      dailyLimit: 5,
      sendHours: ['00:00-24:00'],
      timeZone: 'America/New_York',
    })
    await using _ = world
    await world.runUntil(new Date('2026-03-03T02:00:00Z'))
    const inTokyo = { ...settingsOf(anna), timeZone: 'Asia/Tokyo' }
    await changeSettings(world.runtime.warmup, anna.id, inTokyo)
    await world.runUntil(new Date('2026-03-04T14:00:00Z'))
    const times = sentBy(world, ANNA).map(({ at }) => new Date(at))
    for (const zone of ['America/New_York', 'Asia/Tokyo']) {
      const perDay = Map.groupBy(times, (time) => localDateOf(time, zone))
      const before = new Date('2026-03-03T05:00:00Z')
      for (const [day, mails] of perDay)
        if (zone === 'Asia/Tokyo' || mails.every((time) => time < before))
          expect([zone, day, mails.length <= 5]).toEqual([zone, day, true])
    }
    expect(times.length).toBeGreaterThan(5)
  })
})

test('a daily limit holds for an account that was removed and connected again in another zone', async () => {
  const settings = { startVolume: 20, dailyLimit: 5, dailyIncrease: 0 }
  const inTheMorning = { ...settings, timeZone: 'America/New_York', sendHours: ['01:00-09:00'] }
  const { world, anna } = await openWithPool(inTheMorning)
  await using _ = world
  await world.runUntil(new Date('2026-03-03T02:00:00Z'))
  await removeAccount(world.runtime.warmup, anna.id)
  await world.connect(ANNA, { ...settings, timeZone: 'Asia/Tokyo', sendHours: ['11:00-14:00'] })
  await world.runUntil(new Date('2026-03-03T05:00:00Z'))
  const inNewYork = sentBy(world, ANNA).filter(({ at }) => at >= '2026-03-02T05')
  expect(inNewYork).toHaveLength(5)
})

describe('a day of warmup', () => {
  test('counts only where mail could be sent', async () => {
    const { world, anna } = await openWithPool({ startVolume: 2, dailyIncrease: 1 })
    await using _ = world
    const { warmup } = world.runtime
    await world.runUntil(new Date('2026-03-03T06:00:00Z'))
    // Tuesday is planned, but paused before its first mail.
    await world.runUntil(new Date('2026-03-03T08:58:00Z'))
    await pauseAccount(warmup, anna.id)
    await world.runUntil(new Date('2026-03-03T23:00:00Z'))
    await resumeAccount(warmup, anna.id)
    await world.runUntil(new Date('2026-03-05T23:00:00Z'))
    expect(await daysOf(world, anna.id)).toMatchObject([
      { day: '2026-03-02', warmupDay: 1, sent: 2 },
      { day: '2026-03-03', warmupDay: 2, sent: 0 },
      { day: '2026-03-04', warmupDay: 2 },
      { day: '2026-03-05', warmupDay: 3 },
    ])
  })

  test('begins its conversations with the texts that were used least', async () => {
    const { world, anna } = await openWithPool({ startVolume: 30, minPauseMinutes: 1 })
    await using _ = world
    await world.runUntil(new Date('2026-03-04T06:00:00Z'))
    const openings = (await messagesOf(world.runtime)).filter(({ turn }) => turn === 1)
    expect(openings).toHaveLength(60)
    const uses = await world.runtime.warmup.store.textUses.of(anna.id)
    const texts = world.runtime.warmup.texts.map(({ key }) => uses.get(key) ?? 0)
    expect(texts.toSorted((a, b) => a - b)).toEqual([
      ...Array.from({ length: texts.length * 2 - 60 }, () => 1),
      ...Array.from({ length: 60 - texts.length }, () => 2),
    ])
  })

  test('writes to nobody twice within the cool-down while others are free', async () => {
    const { world } = await openWithPool({ startVolume: 2 }, 6)
    await using _ = world
    await world.runUntil(new Date('2026-03-04T23:00:00Z'))
    const openings = (await messagesOf(world.runtime)).filter(({ turn }) => turn === 1)
    expect(openings).toHaveLength(6)
    expect(new Set(openings.map(({ recipientId }) => recipientId)).size).toBe(6)
  })
})

test('the pause between two mails holds over midnight', async () => {
  const { world } = await openWithPool({
    startVolume: 6,
    sendHours: ['00:00-24:00'],
    minPauseMinutes: 230,
  })
  await using _ = world
  await world.runUntil(new Date('2026-03-06T06:00:00Z'))
  const times = sentBy(world, ANNA).map(({ at }) => Date.parse(at))
  expect(times.length).toBeGreaterThan(12)
  const pauses = times.slice(1).map((time, i) => (time - (times[i] as number)) / 60_000)
  expect(Math.min(...pauses)).toBeGreaterThanOrEqual(230)
})

test('a mail that left days after it was planned for cools its pair down from then on', async () => {
  const { world, anna } = await openWithPool({ startVolume: 2, dailyVariation: 0 })
  await using _ = world
  const { warmup } = world.runtime
  await warmup.store.engine.update({ ...DEFAULT_ENGINE, coolDownDays: 6 })
  await world.runUntil(new Date('2026-03-03T08:58:00Z'))
  await pauseAccount(warmup, anna.id)
  await world.runUntil(new Date('2026-03-06T07:00:00Z'))
  await resumeAccount(warmup, anna.id)
  await world.runUntil(new Date('2026-03-09T23:00:00Z'))
  const openings = (await messagesOf(world.runtime)).filter(
    ({ turn, state }) => turn === 1 && state === 'sent',
  )
  const partners = openings.map(({ recipientId }) => recipientId)
  expect(openings.map(({ sentAt }) => sentAt?.getUTCDate())).toEqual([2, 2, 6, 6, 9, 9])
  expect(partners.slice(4).toSorted()).toEqual(partners.slice(0, 2).toSorted())
})

test('what the pool has no room for is counted where it has no room at all', async () => {
  const world = await openWorld()
  await using _ = world
  await world.connect('pool@pool.example', { kind: 'pool', dailyLimit: 3, replyRate: 0 })
  for (const name of ['anna', 'bea', 'cleo'])
    await world.connect(`${name}@example.com`, { startVolume: 2, dailyIncrease: 0 })
  await world.runUntil(new Date('2026-03-02T10:00:00Z'))
  const days = await world.runtime.db.select().from(accountDays)
  expect(days.map(({ shortOf }) => shortOf).toSorted()).toEqual([0, 1, 2])
})

test('a mail whose text was taken away fails at once, and says so', async () => {
  const { world } = await openWithPool({ startVolume: 1 })
  await using _ = world
  world.runtime.warmup.texts = []
  await world.runUntil(MONDAY_NIGHT)
  const [mail] = await messagesOf(world.runtime)
  expect(mail).toMatchObject({
    state: 'failed',
    failure: expect.stringMatching(/^the conversation text “.+” is gone/),
  })
})

test('a changed ramp goes on with the volume that there is, and says on which of its days that is', async () => {
  const { world, anna } = await openWithPool({ ramp: 'standard', dailyLimit: 12 })
  await using _ = world
  const { warmup, db } = world.runtime
  // Done with her ramp for long.
  await db.update(accounts).set({ warmupDay: 200, lastPlannedOn: null, maintenanceVolume: 8 })
  await db.delete(accountDays)
  const [before] = (await warmup.store.accounts.all()).filter(({ id }) => id === anna.id)
  const settings = { ...settingsOf(before as never), dailyLimit: 400 }
  expect((await changeSettings(warmup, anna.id, settings)).changed).toEqual(['dailyLimit'])
  await world.runUntil(new Date('2026-03-03T23:00:00Z'))
  const volumes = (await daysOf(world, anna.id)).map(({ warmupDay, volume }) => [warmupDay, volume])
  expect(volumes[0]).toEqual([2, 7])
  const [event] = await db.select().from(events).where(eq(events.kind, 'settings_changed'))
  expect(event?.data).toMatchObject({ dailyLimit: '12 → 400', warmupDay: '200 → 2' })
})
