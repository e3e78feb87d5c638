import { expect, test } from 'vitest'
import { type TryAgainFacts, whyNoLook, whyNotAgain, whyNotOpenAgain } from '../../src/domain/try-again.ts'

const now = new Date('2026-03-10T09:00:00Z')
const active = { kind: 'warmup', status: 'active' } as const
const sound: TryAgainFacts = { sender: active, recipient: active, hasWords: true, answered: null }
const daysAgo = (days: number) => ({ sentAt: new Date(now.getTime() - days * 86_400_000) })

test.each<[string, Partial<TryAgainFacts>, RegExp | null]>([
  ['a sound opening', {}, null],
  ['a reply to a fresh mail', { answered: daysAgo(6) }, null],
  ['the mail of a paused sender, which waits', { sender: { ...active, status: 'paused' } }, null],
  ['that of one that needs re-authentication', { sender: { ...active, status: 'needs_reauth' } }, null],
  ['that of a removed sender', { sender: { ...active, status: 'removed' } }, /sender was removed/],
  ['that of a vault account', { sender: { ...active, kind: 'vault' } }, /sender has left/],
  ['mail to a removed account', { recipient: { ...active, status: 'removed' } }, /recipient was removed/],
  ['mail to a vault account', { recipient: { ...active, kind: 'vault' } }, /recipient has left/],
  ['mail without words', { hasWords: false }, /text is gone/],
  ['a reply that is too late', { answered: daysAgo(8) }, /older than a week/],
  ['a reply to what was not sent', { answered: { sentAt: null } }, /older than a week/],
])('tried again: %s', (_, facts, hindrance) => {
  const words = whyNotAgain({ ...sound, ...facts }, now)
  if (hindrance === null) expect(words).toBeNull()
  else expect(words).toMatch(hindrance)
})

test('a recipient that was removed, or has left the warmup, does not look for a mail again', () => {
  expect(whyNotOpenAgain(active)).toBeNull()
  expect(whyNotOpenAgain({ ...active, status: 'removed' })).toMatch(/removed/)
  expect(whyNotOpenAgain({ ...active, kind: 'vault' })).toMatch(/left/)
})

test('a mailbox that can’t be opened says when it is looked into', () => {
  expect([whyNoLook({ status: 'active' }), whyNoLook({ status: 'paused' })]).toEqual([null, null])
  expect(whyNoLook({ status: 'needs_reauth' })).toMatch(/once its sender is connected again/)
  expect(whyNoLook({ status: 'removed' })).toMatch(/unless it is connected again/)
})
