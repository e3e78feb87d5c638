import { describe, expect, test } from 'vitest'
import { BACKENDS, openWorld } from '../support/world.ts'

describe.each(BACKENDS)('one warmup on %s', (backend) => {
  test('a mail is planned, sent, opened and answered in its thread on both sides', async () => {
    await using world = await openWorld({ backend })
    const { sandbox } = world
    sandbox.control.forcePlacement('inbox')
    const always = { openRate: 1, replyRate: 1 }
    await world.connect('anna@example.com', { ...always, kind: 'warmup', startVolume: 1, dailyIncrease: 0 })
    await world.connect('ben@example.org', { ...always, kind: 'pool' })

    await world.runUntil(new Date('2026-03-05T06:00:00Z'))

    const atAnna = sandbox.control.messages('anna@example.com').reverse()
    const atBen = sandbox.control.messages('ben@example.org').reverse()
    const opening = atAnna[0]
    const answer = atAnna.find(
      ({ labels, threadId }) => labels.includes('INBOX') && threadId === opening?.threadId,
    )
    expect(opening).toMatchObject({ from: expect.stringContaining('anna@example.com') })
    // A user label on both sides, beside Gmail's own.
    expect(opening?.labels).toEqual(['SENT', expect.stringMatching(/^Label_/)])
    expect(answer).toMatchObject({
      from: expect.stringContaining('ben@example.org'),
      subject: `Re: ${opening?.subject}`,
    })
    expect(answer?.labels).not.toContain('UNREAD')

    const received = atBen.find(({ rfcMessageId }) => rfcMessageId === opening?.rfcMessageId)
    const sentByBen = atBen.find(({ rfcMessageId }) => rfcMessageId === answer?.rfcMessageId)
    expect(received?.labels).toContainEqual(expect.stringMatching(/^Label_/))
    expect(received?.labels).not.toContain('UNREAD')
    expect(sentByBen?.threadId).toBe(received?.threadId)
  })
})
