import { describe, expect, test } from 'vitest'
import { sql } from '../../src/db/drizzle.ts'
import { addDays, localDateOf, startOfLocalDay } from '../../src/domain/local-time.ts'
import type { SentMail } from '../../src/google/gmail.ts'
import { catchUp } from '../../src/warmup/after-restore/catch-up.ts'
import { messagesOf } from '../support/agreement.ts'
import { takeBackup } from '../support/backup.ts'
import { openWorld, type World } from '../support/world.ts'

const never = new AbortController().signal

/** Every mail that left, with what its head says, in the order in which they did. */
async function departures(world: World): Promise<(SentMail & { mailbox: string })[]> {
  const { warmup } = world.runtime
  const mails = []
  for (const fact of world.sandbox.control.ledger()) {
    if (fact.kind !== 'sent') continue
    const account = await warmup.store.accounts.byEmail(fact.mailbox)
    const ask = await warmup.openMailbox(account?.id ?? 0)
    mails.push({ mailbox: fact.mailbox, ...(await ask((mailbox) => mailbox.sentMail(fact.messageId))) })
  }
  return mails
}

/** No mail twice, no mail answered twice, no day's limit exceeded. */
async function expectNothingTwice(world: World, dailyLimit: number): Promise<number> {
  const mails = await departures(world)
  const ids = mails.map(({ originalMessageId, rfcMessageId }) => originalMessageId ?? rfcMessageId)
  expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([])
  const answered = mails.flatMap(({ inReplyTo }) => inReplyTo ?? [])
  expect(answered.filter((id, i) => answered.indexOf(id) !== i)).toEqual([])
  const byDay = Map.groupBy(mails, ({ mailbox, sentAt }) => `${mailbox} ${localDateOf(sentAt, 'UTC')}`)
  for (const [day, some] of byDay) expect([day, some.length <= dailyLimit]).toEqual([day, true])
  return mails.length
}

/** A morning's mail, some of it under way, when the backup is made; then so many hours of which it knows nothing. */
async function restoredAfter(world: World, hours: number): Promise<void> {
  const { sandbox, clock, runtime } = world
  sandbox.control.forcePlacement('inbox')
  const settings = {
    openRate: 1,
    replyRate: 1,
    startVolume: 5,
    dailyIncrease: 0,
    dailyLimit: 5,
    timeZone: 'UTC',
  }
  await world.connect('anna@sandbox.test', { ...settings, kind: 'warmup' })
  await world.connect('ben@sandbox.test', { ...settings, kind: 'pool' })
  await world.connect('cara@sandbox.test', { ...settings, kind: 'pool' })
  await world.runUntil(new Date('2026-03-03T12:00:00Z'))
  const restore = await takeBackup(runtime.db)
  await world.runUntil(new Date(clock.now().getTime() + hours * 3_600_000))
  await restore()
}

describe.each([
  ['keeps Message-IDs', false],
  ['puts in others', true],
])('where Gmail %s', (_, rewriteMessageIds) => {
  test.each([3, 24])(
    'what was sent in the %i hours since the backup is not sent again, and goes on',
    async (hours) => {
      await using world = await openWorld({ seed: 7 })
      const { runtime, sandbox, clock } = world
      sandbox.control.setOptions({ rewriteMessageIds })
      await restoredAfter(world, hours)
      const sentBefore = (await departures(world)).length
      const knownBefore = (await messagesOf(runtime)).filter(({ state }) => state === 'sent').length
      expect(knownBefore).toBeLessThan(sentBefore)

      const found = await catchUp(runtime.warmup, { signal: never })
      expect([found.sent > 0, found.replies > 0, found.unknown, found.closed]).toEqual([true, true, 0, []])
      expect(await catchUp(runtime.warmup, { signal: never })).toMatchObject({ sent: 0, replies: 0 })
      const known = (await messagesOf(runtime)).filter(({ state }) => state === 'sent')
      expect(known.length).toBe(knownBefore + found.sent + found.replies)

      await world.runUntil(startOfLocalDay(addDays(localDateOf(clock.now(), 'UTC'), 1), 'UTC'))
      expect((await departures(world)).length).toBe(sentBefore)
      await world.runUntil(new Date(clock.now().getTime() + 48 * 3_600_000))
      expect(await expectNothingTwice(world, 5)).toBeGreaterThan(sentBefore)
      const [counts] = await runtime.db.execute<{ counted: number }>(
        sql`select sum(sent)::int as counted from account_counts`,
      )
      const states = (await messagesOf(runtime)).filter(({ state }) => state === 'sent').length
      expect(counts?.counted).toBe(states)
    },
    180_000,
  )
})

test('without it they would be sent again', async () => {
  await using world = await openWorld({ seed: 7 })
  await restoredAfter(world, 5)
  await world.runUntil(new Date(world.clock.now().getTime() + 24 * 3_600_000))
  await expect(expectNothingTwice(world, 5)).rejects.toThrow()
})

test('what a closed mailbox was to send ends unknown, and what it was to read is given up', async () => {
  await using world = await openWorld({ seed: 7 })
  const { runtime, sandbox } = world
  await restoredAfter(world, 5)
  for (const email of ['anna@sandbox.test', 'cara@sandbox.test']) sandbox.control.revokeGrant(email)
  const found = await catchUp(runtime.warmup, { signal: never })
  expect(found.closed.toSorted()).toEqual(['anna@sandbox.test', 'cara@sandbox.test'])
  const messages = await messagesOf(runtime)
  for (const email of found.closed) {
    const account = await runtime.warmup.store.accounts.byEmail(email)
    const unsent = messages.filter(({ senderId }) => senderId === account?.id)
    expect(unsent.filter(({ state }) => state === 'planned' || state === 'sending')).toEqual([])
    const tasks = await runtime.db.execute(
      sql`select kind from tasks where account_id = ${account?.id ?? 0} and message_id is not null and kind <> 'settle'`,
    )
    expect([...tasks]).toEqual([])
  }
  expect(found.unknown).toBeGreaterThan(0)
  const doubtful = messages.filter(({ state }) => state === 'unknown')
  expect(doubtful.length).toBe(found.unknown)
  const looks = await runtime.db.execute<{ id: number }>(
    sql`select message_id::int as id from tasks where kind = 'settle' order by message_id`,
  )
  expect(looks.map(({ id }) => id)).toEqual(doubtful.map(({ id }) => id))
})
