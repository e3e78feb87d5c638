import { describe, expect, test } from 'vitest'
import { engagementLabels, placementOf, replySubject } from '../../src/domain/message.ts'

describe('a placement', () => {
  test.each([
    [['INBOX', 'UNREAD'], 'inbox'],
    [['INBOX', 'CATEGORY_PERSONAL'], 'inbox'],
    [['INBOX', 'CATEGORY_PROMOTIONS', 'UNREAD'], 'promotions'],
    [['INBOX', 'CATEGORY_UPDATES'], 'updates'],
    [['SPAM', 'UNREAD'], 'spam'],
    [['SPAM', 'CATEGORY_PROMOTIONS'], 'spam'],
    [['TRASH'], 'trash'],
    [['UNREAD'], 'archive'],
  ])('of a mail labelled %j is %s', (labels, placement) => {
    expect(placementOf(labels)).toBe(placement)
  })
})

describe('what a recipient changes', () => {
  test.each([
    ['inbox', true, { add: [], remove: ['UNREAD'] }],
    ['inbox', false, { add: [], remove: [] }],
    ['spam', true, { add: ['INBOX'], remove: ['SPAM', 'UNREAD'] }],
    ['spam', false, { add: ['INBOX'], remove: ['SPAM'] }],
  ] as const)('of a mail in %s that it opens: %s', (placement, opens, labels) => {
    expect(engagementLabels(placement, opens)).toEqual(labels)
  })
})

test('a reply’s subject bears one Re:', () => {
  expect(replySubject('Lunch')).toBe('Re: Lunch')
  expect(replySubject('Re: Lunch')).toBe('Re: Lunch')
})
