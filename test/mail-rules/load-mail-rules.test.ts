import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { emailMessages } from '../../src/db/inbox-schema.ts'
import { OperatorError } from '../../src/domain/errors.ts'
import { classOf, headersOf } from '../../src/domain/mail-class.ts'
import { loadMailRules } from '../../src/mail-rules/load-mail-rules.ts'
import { readMailRules } from '../../src/mail-rules/read-mail-rules.ts'
import { fuzzing, oddJson } from '../support/fuzz.ts'
import { factsOf } from '../support/mail-heads.ts'
import { openWorld } from '../support/world.ts'

const folder = mkdtempSync(join(tmpdir(), 'kindling-rules-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const file = join(folder, 'rules.json')

function load(content: unknown) {
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return loadMailRules(file)
}

/** What loading says, after the name of the file. */
function problemOf(content: unknown): string {
  try {
    load(content)
  } catch (error) {
    expect(error).toBeInstanceOf(OperatorError)
    const [, problem] = (error as Error).message.split(`MAIL_RULES_FILE=${JSON.stringify(file)}: `)
    return problem as string
  }
  throw new Error('it was taken')
}

const good = { name: 'invoices', class: 'other', when: { subject: '^invoice' } }
const second = (rule: object) => [good, { ...good, ...rule }]
const when = (conditions: object) => second({ when: conditions })

test('the file that MAIL_RULES_FILE names stands in the place of the bundled one', async () => {
  const rules = [
    { name: 'Carl', class: 'newsletter', when: { from: 'carl@', headers: { 'X-Shop': '\\bSALE\\b' } } },
  ]
  writeFileSync(file, JSON.stringify(rules))
  await using world = await openWorld({ environment: { SYNC_EVERY_MINUTES: '5', MAIL_RULES_FILE: file } })
  const { inbox } = world.runtime.warmup
  expect(headersOf(inbox.rules)).toEqual(['x-shop'])
  const anna = await world.connect('anna@sandbox.test', { kind: 'vault' })
  for (const shop of ['Sale: half price', 'Sales'])
    world.sandbox.control.deliverForeign(anna.email, {
      raw: `From: Carl <CARL@shop.example>\r\nSubject: ${shop}\r\nX-shop: ${shop}\r\n\r\nText`,
    })
  await world.runUntil(new Date(world.clock.now().getTime() + 5 * 60_000))
  const mails = await world.runtime.db
    .select({ subject: emailMessages.subject, class: emailMessages.class, rule: emailMessages.rule })
    .from(emailMessages)
    .orderBy(emailMessages.id)
  expect(mails).toEqual([
    { subject: 'Sale: half price', class: 'newsletter', rule: 'Carl' },
    { subject: 'Sales', class: 'other', rule: null },
  ])
})

test('texts know no case, and a header is known by its name in whatever case', () => {
  const [rule] = load(when({ from: 'carl@', headers: { 'x-SHOP': 'sale' } })).slice(1)
  const mail = factsOf({ head: 'From: CARL@shop.example\nX-Shop: SALE' })
  expect(rule && classOf(mail, [rule]).rule).toBe('invoices')
})

describe('a mistake in a file stops the start and names the place, what was expected there, and what stands there', () => {
  test.each<[what: string, content: unknown, problem: string | RegExp]>([
    ['no list', { rules: [] }, 'expected array, received object, not {"rules":[]}'],
    ['a rule that is no object', [good, 'x'], 'rule 2: expected object, received string, not "x"'],
    [
      'no name',
      [{ ...good, name: undefined }],
      'rule 1, name: expected string, received undefined, not nothing',
    ],
    ['an empty name', second({ name: '' }), 'rule 2, name: expected string to have >=1 characters, not ""'],
    [
      'a class there is not',
      second({ class: 'spam' }),
      /^rule 2, class: expected one of "warmup"\|.*, not "spam"$/,
    ],
    ['no conditions', second({ when: {} }), 'rule 2, when: expected at least one condition, not {}'],
    [
      'a condition there is not',
      when({ sender: 'carl@' }),
      'rule 2, when: expected nothing but isWarmup, isAboutWarmup, from, subject, label, headers, not {"sender":"carl@"}',
    ],
    [
      'a key there is not',
      second({ comment: 'x' }),
      /^rule 2: expected nothing but name, class, when, not \{"name":"invoices",/,
    ],
    [
      'a text in the place of yes or no',
      when({ isWarmup: 'true' }),
      'rule 2, when, isWarmup: expected boolean, received string, not "true"',
    ],
    [
      'a bad regular expression',
      when({ subject: '(invoice' }),
      'rule 2, when, subject: expected a regular expression (Unterminated group), not "(invoice"',
    ],
    [
      'a bad regular expression of a header',
      when({ headers: { 'X-Shop': '*' } }),
      'rule 2, when, headers, X-Shop: expected a regular expression (Nothing to repeat), not "*"',
    ],
    [
      'a name that no header has',
      when({ headers: { 'X Shop:': 'a' } }),
      'rule 2, when, headers, X Shop:: expected the name of a header, not "a"',
    ],
    [
      'a header that stands twice',
      when({ headers: { Precedence: 'bulk', 'List-Id': '.', precedence: 'list' } }),
      'rule 2, when, headers, precedence: expected each header once, in whatever case, not "list"',
    ],
    [
      'a text that is too long',
      when({ subject: 'a'.repeat(501) }),
      /^rule 2, when, subject: expected string to have <=500 characters, not "a{99}…$/,
    ],
    ['too many rules', Array(201).fill(good), /^expected array to have <=200 items, not \[/],
    ['nothing', '', 'expected JSON (Unexpected end of JSON input)'],
    ['half a file', '[{"name": "a"', /^expected JSON \(/],
  ])('%s', (_, content, problem) => {
    if (typeof problem === 'string') expect(problemOf(content)).toBe(problem)
    else expect(problemOf(content)).toMatch(problem)
  })

  test('a file that is not there, and a folder in its place', () => {
    const missing = join(folder, 'missing.json')
    expect(() => loadMailRules(missing)).toThrow(
      `MAIL_RULES_FILE=${JSON.stringify(missing)}: expected a file that can be read (ENOENT)`,
    )
    expect(() => loadMailRules(folder)).toThrow('expected a file that can be read (EISDIR)')
  })

  test('whatever else stands there', () => {
    fc.assert(
      fc.property(oddJson, (value) => {
        try {
          readMailRules(value)
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError)
          expect((error as Error).message).toContain('expected ')
        }
      }),
      fuzzing(300),
    )
  })
})
