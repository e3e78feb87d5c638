import { expect, test } from 'vitest'
import { goesRound, type RouteConditions, takes } from '../../src/domain/mail-route.ts'

const ANY: RouteConditions = { accountId: null, class: null, sender: '', subject: '', label: '' }
const MAIL = {
  accountId: 1,
  class: 'reply' as const,
  from: 'Carl <carl@elsewhere.example>',
  subject: 'Re: Your invoice',
  labelIds: ['INBOX', 'Label_17'],
}

test.each<[boolean, Partial<RouteConditions>]>([
  [true, {}],
  [true, { accountId: 1 }],
  [false, { accountId: 2 }],
  [true, { class: 'reply' }],
  [false, { class: 'other' }],
  [true, { sender: 'CARL@' }],
  [false, { sender: 'dora' }],
  [true, { subject: 'INVOICE' }],
  [false, { subject: 'carl' }],
  [true, { label: 'Label_17' }],
  [false, { label: 'Label_1' }],
  [false, { accountId: 1, class: 'reply', sender: 'carl', subject: 'invoice', label: 'SPAM' }],
])('a route takes a mail: %s, with %j', (expected, conditions) => {
  expect(takes({ ...ANY, ...conditions }, MAIL)).toBe(expected)
})

test.each([
  [true, 'mail', true],
  [false, 'mail', false],
  [false, 'webhook', true],
  [false, 'queue', true],
] as const)('a mail goes round: %s, by a %s, where it tells of another one: %s', (expected, target, is) => {
  expect(goesRound({ target }, { isHandedOn: is })).toBe(expected)
})
