import { expect, test } from 'vitest'
import { eq } from '../../src/db/drizzle.ts'
import { emailMessages } from '../../src/db/inbox-schema.ts'
import { events, tasks } from '../../src/db/schema.ts'
import { UNKNOWN_ADDRESS } from '../../src/sandbox/mail/bounce.ts'
import { messagesOf } from '../support/agreement.ts'
import { openWorld, type World } from '../support/world.ts'

const ANNA = 'anna@example.com'
const BEN = 'ben@example.org'
const MINUTE = 60_000

/** Anna writes one mail a day to Ben. */
async function openPair(ben: { openRate?: number; replyRate?: number; timeZone?: string }) {
  const world = await openWorld({ environment: { SYNC_EVERY_MINUTES: '15' } })
  world.sandbox.control.forcePlacement('inbox')
  const anna = await world.connect(ANNA, { startVolume: 1, dailyIncrease: 0, replyRate: 0 })
  return { world, anna, ben: await world.connect(BEN, { kind: 'pool', ...ben }) }
}

async function until(world: World, holds: () => Promise<boolean>) {
  while (!(await holds())) await world.runUntil(new Date(world.clock.now().getTime() + 15 * MINUTE))
}

test('a bounce that comes in has the mail looked for at once, not when its recipient would read it', async () => {
  // Where Ben is, it is night.
  const { world, anna } = await openPair({ timeZone: 'Asia/Tokyo' })
  await using _ = world
  world.sandbox.control.refuseMail(BEN, UNKNOWN_ADDRESS)
  await until(world, async () => (await messagesOf(world.runtime))[0]?.state === 'sent')
  const [look] = await world.runtime.db.select().from(tasks).where(eq(tasks.kind, 'open'))
  const readAt = look?.dueAt ?? world.clock.now()
  await until(world, async () => (await messagesOf(world.runtime))[0]?.placement === 'bounced')
  expect(world.clock.now().getTime()).toBeLessThan(readAt.getTime())
  const kept = await world.runtime.db.select().from(emailMessages).where(eq(emailMessages.accountId, anna.id))
  expect(kept.map((mail) => mail.class)).toEqual(['bounce'])
})

test('an answer is told of before it is kept: who dies in between tells of it again', async () => {
  const { world } = await openPair({ openRate: 1, replyRate: 1 })
  await using _ = world
  await until(world, async () => (await messagesOf(world.runtime)).some(({ turn }) => turn === 2))
  const [first] = await messagesOf(world.runtime)
  const { inbox } = world.runtime.warmup.store
  const { keep } = inbox
  let stateBefore: string | undefined
  inbox.keep = async (round, holder) => {
    if (round.mails.some((mail) => mail.class === 'reply'))
      stateBefore = (await messagesOf(world.runtime))[1]?.state
    return keep(round, holder)
  }
  world.sandbox.control.deliverForeign(ANNA, {
    ...{ from: BEN, subject: `Re: ${first?.subject}`, text: 'Me', inReplyTo: first?.rfcMessageId as string },
  })
  await until(world, async () => stateBefore !== undefined)
  expect(stateBefore).toBe('cancelled')
})

test('where a person has answered a warmup mail, the answer that was planned is dropped', async () => {
  const { world, ben } = await openPair({ openRate: 1, replyRate: 1 })
  await using _ = world
  await until(world, async () => (await messagesOf(world.runtime)).some(({ turn }) => turn === 2))
  const [first] = await messagesOf(world.runtime)
  world.sandbox.control.deliverForeign(ANNA, {
    from: BEN,
    subject: `Re: ${first?.subject}`,
    text: 'I write this myself.',
    inReplyTo: first?.rfcMessageId as string,
  })
  await until(world, async () => (await messagesOf(world.runtime))[1]?.state === 'cancelled')
  const [dropped] = await world.runtime.db.select().from(events).where(eq(events.kind, 'reply_dropped'))
  expect(dropped).toMatchObject({ accountId: ben.id, data: { reason: expect.stringContaining('a person') } })
  const byClass = await world.runtime.db.select().from(emailMessages).where(eq(emailMessages.class, 'reply'))
  expect(byClass).toMatchObject([{ rule: 'it came to a mail of ours' }])
})
