import { describe, expect, test } from 'vitest'
import { both, firstTouch, lastTouch, placementOf, replySubject } from '../../src/domain/message.ts'

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
  const yes = { rate: 1, asked: 0, granted: 0, drawn: null, answer: true }
  const no = { ...yes, answer: false }

  test.each([
    [{ open: yes }, ['W'], ['UNREAD']],
    [{ open: no }, ['W'], []],
    [{ rescue: yes, open: yes }, ['INBOX', 'W'], ['SPAM', 'UNREAD']],
    [{ rescue: yes, open: no }, ['INBOX', 'W'], ['SPAM']],
    [{ rescue: no, open: yes }, ['W'], ['UNREAD']],
    [{ primary: yes, open: no }, ['CATEGORY_PERSONAL', 'W'], ['CATEGORY_PROMOTIONS']],
  ])('coming upon a mail about which was decided %j', (decisions, add, remove) => {
    expect(firstTouch(decisions, 'W')).toEqual({ add, remove })
  })

  test('having read it', () => {
    expect(lastTouch({ important: yes, star: no }, { leavesInbox: false })).toEqual({
      add: ['IMPORTANT'],
      remove: [],
    })
    expect(lastTouch({ important: no, star: yes }, { leavesInbox: true })).toEqual({
      add: ['STARRED'],
      remove: ['INBOX'],
    })
  })

  test('at once: what is rescued only to be filed goes from spam to nowhere but its label', () => {
    const change = both(firstTouch({ rescue: yes, open: no }, 'W'), lastTouch({}, { leavesInbox: true }))
    expect(change).toEqual({ add: ['W'], remove: ['SPAM', 'INBOX'] })
  })
})

test('a reply’s subject bears one Re:', () => {
  expect(replySubject('Lunch')).toBe('Re: Lunch')
  expect(replySubject('Re: Lunch')).toBe('Re: Lunch')
})
