import { describe, expect, test } from 'vitest'
import { nextLookForSend, provesAbsence } from '../../src/domain/unknown-send.ts'

const startedAt = new Date('2026-03-02T09:00:00Z')
const later = (minutes: number) => new Date(startedAt.getTime() + minutes * 60_000)

test('an unknown mail is looked for after ten minutes, an hour and a day, and then by its operator', () => {
  const looks: number[] = []
  for (let at = nextLookForSend(startedAt, startedAt); at !== null; at = nextLookForSend(startedAt, at))
    looks.push((at.getTime() - startedAt.getTime()) / 60_000)
  expect(looks).toEqual([10, 60, 1440])
})

describe('a look shows that a mail was not sent', () => {
  test.each([
    ['never, before there was one', { lookedAt: null, lookSaw: null }, false],
    ['at any time, where its draft is still there', { lookedAt: later(0), lookSaw: 'draft' }, true],
    ['not, while Gmail may still be at it', { lookedAt: later(9.9), lookSaw: 'nothing' }, false],
    ['once ten minutes have passed', { lookedAt: later(10), lookSaw: 'nothing' }, true],
    ['not, where the mailbox could not be looked into', { lookedAt: later(60), lookSaw: 'error' }, false],
  ] as const)('%s', (_, look, isProven) => {
    expect(provesAbsence({ sendStartedAt: startedAt, ...look })).toBe(isProven)
  })

  test('not, where nobody knows when Gmail was asked to send it', () => {
    expect(provesAbsence({ sendStartedAt: null, lookedAt: later(60), lookSaw: 'nothing' })).toBe(false)
  })
})
