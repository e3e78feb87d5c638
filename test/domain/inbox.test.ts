import { expect, test } from 'vitest'
import { hasComeIn, searchSince } from '../../src/domain/inbox.ts'

test.each([
  [true, ['INBOX', 'UNREAD']],
  [true, ['SPAM']],
  [true, ['TRASH']],
  [true, ['Label_1']],
  [true, []],
  [true, ['SENT', 'INBOX']],
  [false, ['SENT']],
  [false, ['DRAFT']],
  [false, ['DRAFT', 'INBOX']],
  [false, ['CHAT']],
])('whether a mail has come in: %s, with the labels %j', (expected, labelIds) => {
  expect(hasComeIn(labelIds)).toBe(expected)
})

test('the search begins an hour earlier, and holds a filter together', () => {
  const since = new Date('2026-03-02T12:00:00.999Z')
  const cameIn = `after:${Date.UTC(2026, 2, 2, 11) / 1000} (in:inbox OR -in:sent) -in:drafts -in:chats`
  expect(searchSince(since, '')).toBe(cameIn)
  expect(searchSince(since, 'from:a OR from:b')).toBe(`${cameIn} (from:a OR from:b)`)
})
