import { describe, expect, test } from 'vitest'
import type { AccountSettings } from '../../src/domain/account.ts'
import { DEFAULT_ENGINE, type EngineSettings } from '../../src/domain/engine.ts'
import { pauseAccount, resumeAccount } from '../../src/warmup/account-settings.ts'
import { messagesOf } from '../support/agreement.ts'
import { openWorld, type World } from '../support/world.ts'

const ANNA = 'anna@example.com'
const BEN = 'ben@example.org'

async function openPair(ben: Partial<AccountSettings> = {}, engine: Partial<EngineSettings> = {}) {
  const world = await openWorld()
  await world.runtime.warmup.store.engine.update({ ...DEFAULT_ENGINE, ...engine })
  world.sandbox.control.forcePlacement('inbox')
  await world.connect(ANNA, { startVolume: 4, dailyIncrease: 0, openRate: 1, replyRate: 1 })
  const pool = await world.connect(BEN, { kind: 'pool', openRate: 1, replyRate: 0, ...ben })
  return { world, ben: pool }
}

const TUESDAY = new Date('2026-03-03T06:00:00Z')
const mailOf = ({ sandbox }: World, mailbox: string) => sandbox.control.messages(mailbox)
const received = (world: World) =>
  mailOf(world, BEN).filter(({ from, foreign }) => from.includes(ANNA) && !foreign)
const modifications = ({ sandbox }: World, mailbox: string) =>
  sandbox.control.ledger().filter((fact) => fact.kind === 'modified' && fact.mailbox === mailbox)

describe('a recipient', () => {
  test('marks and stars what it opened, at its rates, after a while of reading', async () => {
    const { world } = await openPair({ importantRate: 0.5, starRate: 0.25 })
    await using _ = world
    await world.runUntil(TUESDAY)
    const labels = received(world).map((mail) => mail.labels)
    expect(labels).toHaveLength(4)
    expect(labels.filter((some) => some.includes('IMPORTANT'))).toHaveLength(2)
    expect(labels.filter((some) => some.includes('STARRED'))).toHaveLength(1)
    for (const { openedAt, handledAt, decisions } of await messagesOf(world.runtime)) {
      if (!decisions?.important?.answer && !decisions?.star?.answer) continue
      expect(Number(handledAt) - Number(openedAt)).toBeGreaterThanOrEqual(45_000)
    }
  })

  test('takes out of spam and moves to Primary what it was to, and leaves the rest where it lies', async () => {
    const { world } = await openPair(
      { rescueRate: 0.5, primaryRate: 0.5, openRate: 0 },
      { throttleShare: 0.98, pauseShare: 0.99 },
    )
    await using _ = world
    world.sandbox.control.forcePlacement('spam')
    await world.runUntil(TUESDAY)
    const inSpam = received(world).filter(({ labels }) => labels.includes('SPAM'))
    expect(inSpam).toHaveLength(2)
    world.sandbox.control.forcePlacement('promotions')
    await world.runUntil(new Date('2026-03-04T06:00:00Z'))
    const primary = received(world).filter(({ labels }) => labels.includes('CATEGORY_PERSONAL'))
    const promotions = received(world).filter(({ labels }) => labels.includes('CATEGORY_PROMOTIONS'))
    expect([primary.length, promotions.length]).toEqual([2, 2])
    for (const { labels } of received(world)) expect(labels).toContain('UNREAD')
  })

  test('opens only when it is awake, on any day', async () => {
    const { world } = await openPair({ wakingHours: ['20:00-21:00'] })
    await using _ = world
    await world.runUntil(TUESDAY)
    const hours = modifications(world, BEN).map(({ at }) => new Date(at).getUTCHours())
    expect(new Set(hours)).toEqual(new Set([20]))
    expect(hours.length).toBeGreaterThanOrEqual(4)
  })

  test('takes what it handled out of the inbox where the operator wishes so', async () => {
    const { world } = await openPair({ openRate: 0.5 }, { leavesInbox: true })
    await using _ = world
    await world.runUntil(TUESDAY)
    expect(received(world)).toHaveLength(4)
    for (const { labels } of received(world)) expect(labels).not.toContain('INBOX')
    expect(received(world).filter(({ labels }) => labels.includes('UNREAD'))).toHaveLength(2)
  })

  test('answers nothing that is older than a week by then', async () => {
    const { world, ben } = await openPair({ replyRate: 1 })
    await using _ = world
    const { warmup } = world.runtime
    const owed = async () =>
      (await messagesOf(world.runtime)).filter(({ turn, state }) => turn === 2 && state === 'planned')
    while ((await owed()).length === 0) {
      world.clock.pass(10 * 60_000)
      await world.settle()
    }
    await pauseAccount(warmup, ben.id)
    const replies = (await messagesOf(world.runtime)).filter(
      ({ turn, state }) => turn === 2 && state === 'planned',
    )
    await world.runUntil(new Date('2026-03-11T06:00:00Z'))
    await resumeAccount(warmup, ben.id)
    await world.runUntil(new Date('2026-03-11T23:00:00Z'))
    const later = new Map((await messagesOf(world.runtime)).map((message) => [message.id, message]))
    for (const { id } of replies)
      expect(later.get(id)).toMatchObject({ state: 'cancelled', failure: expect.stringContaining('a week') })
  })
})

test('a conversation ends with the chosen number of mails', async () => {
  const { world } = await openPair({ replyRate: 1 }, { maxTurns: 2 })
  await using _ = world
  await world.runUntil(new Date('2026-03-06T06:00:00Z'))
  const turns = (await messagesOf(world.runtime)).map(({ turn }) => turn)
  expect(Math.max(...turns)).toBe(2)
})

describe('the warmup label', () => {
  const userLabels = ({ labels }: { labels: string[] }) =>
    labels.filter((label) => label.startsWith('Label_'))

  test('may be nested, and is on our mail of both sides and on no other', async () => {
    const { world } = await openPair({}, { labelName: 'Machines/Warmup' })
    await using _ = world
    world.sandbox.control.deliverForeign(BEN, { from: 'x@elsewhere.example', subject: 'Hello', text: 'Hi' })
    await world.runUntil(TUESDAY)
    const mails = [...mailOf(world, ANNA), ...mailOf(world, BEN)]
    expect(mails.filter(({ foreign }) => !foreign)).toHaveLength(8)
    for (const mail of mails) expect(userLabels(mail)).toHaveLength(mail.foreign ? 0 : 1)
    expect(world.sandbox.control.callCounts()['gmail.users.labels.create']).toBe(4)
  })

  test('that somebody deleted is made again', async () => {
    const { world, ben } = await openPair()
    await using _ = world
    await world.runUntil(TUESDAY)
    const { labelId } = (await world.runtime.warmup.store.accounts.byId(ben.id)) ?? {}
    const mailbox = await world.runtime.warmup.openMailbox(ben.id)
    await mailbox(() => deleteLabel(world, ben.id, String(labelId)))
    await world.runUntil(new Date('2026-03-04T06:00:00Z'))
    const [newest] = received(world)
    expect(userLabels(newest as never)).toHaveLength(1)
    expect(userLabels(newest as never)).not.toEqual([labelId])
  })

  test('that Gmail refuses keeps nobody from opening', async () => {
    const { world } = await openPair()
    await using _ = world
    world.sandbox.control.addFault({
      path: '/labels$',
      method: 'POST',
      status: 400,
      reason: 'invalidArgument',
      count: 1000,
    })
    await world.runUntil(TUESDAY)
    expect(received(world)).toHaveLength(4)
    for (const mail of received(world))
      expect([userLabels(mail), mail.labels.includes('UNREAD')]).toEqual([[], false])
  })

  test('is left out where the operator wants none', async () => {
    const { world } = await openPair({}, { labelName: '' })
    await using _ = world
    await world.runUntil(TUESDAY)
    for (const mail of [...mailOf(world, ANNA), ...mailOf(world, BEN)]) expect(userLabels(mail)).toEqual([])
    expect(world.sandbox.control.callCounts()['gmail.users.labels.list']).toBeUndefined()
  })
})

async function deleteLabel({ config, runtime }: World, accountId: number, labelId: string): Promise<void> {
  const { accessToken } = await runtime.warmup.authenticateAndUpdateToken(accountId)
  const answer = await fetch(`${config.GOOGLE_API_ROOT}gmail/v1/users/me/labels/${labelId}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${accessToken}` },
  })
  if (!answer.ok) throw new Error(`the label was not deleted: ${answer.status}`)
}
