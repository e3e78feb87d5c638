import { expect, test } from 'vitest'
import { readingSchedule, sendingSchedule } from '../../src/domain/account.ts'
import { localDateOf } from '../../src/domain/local-time.ts'
import { isOpen } from '../../src/domain/schedule.ts'
import { expectAgreement, messagesOf } from '../support/agreement.ts'
import { BACKENDS, openWorld } from '../support/world.ts'

const ZONES = ['Europe/Berlin', 'America/New_York', 'Asia/Tokyo', 'UTC', 'America/Sao_Paulo']

test.each(BACKENDS)(
  'in ten days of 4 warmup and 6 pool accounts on %s, Google’s ledger and the database agree on every mail',
  async (backend) => {
    await using world = await openWorld({ backend, start: '2026-03-01T22:00:00Z' })
    const { sandbox, runtime } = world
    const accounts = []
    for (let i = 0; i < 10; i += 1)
      accounts.push(
        await world.connect(`account${i}@domain${i % 3}.example`, {
          kind: i < 4 ? 'warmup' : 'pool',
          dailyLimit: i < 4 ? 12 : 10,
          timeZone: ZONES[i % ZONES.length] as string,
        }),
      )
    for (const { email } of accounts)
      sandbox.control.deliverForeign(email, {
        from: 'stranger@elsewhere.example',
        subject: 'Hello',
        text: 'Hi',
      })

    await world.runUntil(new Date('2026-03-11T22:00:00Z'))

    const ledger = sandbox.control.ledger()
    await expectAgreement(runtime, ledger)
    const sent = ledger.filter(({ kind }) => kind === 'sent')
    expect(sent.length).toBeGreaterThan(200)
    expect(ledger.filter(({ kind }) => kind === 'bounced')).toEqual([])
    expect(ledger.filter((fact) => fact.kind === 'modified' && fact.foreign)).toEqual([])

    for (const account of accounts) {
      const own = sent.filter(({ mailbox }) => mailbox === account.email)
      for (const { at } of own) expect(isOpen(new Date(at), sendingSchedule(account))).toBe(true)
      const byDay = Map.groupBy(own, ({ at }) => localDateOf(new Date(at), account.timeZone))
      for (const [day, mails] of byDay) expect([day, mails.length <= account.dailyLimit]).toEqual([day, true])
      const opened = ledger.filter((fact) => fact.kind === 'modified' && fact.mailbox === account.email)
      for (const { at } of opened) expect(isOpen(new Date(at), readingSchedule(account))).toBe(true)
    }

    // Each mailbox keeps its rates: opened within one of the rate, answered within one where a text could go on.
    const messages = await messagesOf(runtime)
    for (const { id, openRate, replyRate } of accounts) {
      const received = messages.filter((message) => message.recipientId === id && message.placement !== null)
      const opens = received.filter((message) => message.opens)
      const replies = opens.filter((message) => message.replies)
      expect(Math.abs(opens.length - openRate * received.length)).toBeLessThan(1)
      expect(Math.abs(replies.length - replyRate * opens.length)).toBeLessThan(2)
    }
  },
  240_000,
)
