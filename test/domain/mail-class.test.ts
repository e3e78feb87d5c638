import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  classOf,
  headersOf,
  MAIL_CLASSES,
  type MailFacts,
  type MailRule,
} from '../../src/domain/mail-class.ts'
import { loadMailRules } from '../../src/mail-rules/load-mail-rules.ts'
import { fuzzing } from '../support/fuzz.ts'
import { factsOf, MAIL_HEADS } from '../support/mail-heads.ts'

const rules = loadMailRules(undefined)

describe('the bundled rules', () => {
  test.each(MAIL_HEADS)('know $what as $class', ({ class: is, rule, ...head }) => {
    expect(classOf(factsOf(head), rules)).toEqual({ class: is, rule })
  })

  test('are each shown by a head, and so is each class', () => {
    expect(new Set(MAIL_HEADS.map(({ rule }) => rule))).toEqual(
      new Set([...rules.map(({ name }) => name), null]),
    )
    expect(new Set(MAIL_HEADS.map((head) => head.class))).toEqual(new Set(MAIL_CLASSES))
  })

  test('have names of their own', () => {
    expect(new Set(rules.map(({ name }) => name)).size).toBe(rules.length)
  })

  test('take any bounce for a bounce, and any automatic reply for one, whatever mail it is about', () => {
    for (const head of MAIL_HEADS)
      if (head.class === 'bounce' || head.class === 'auto_reply')
        expect(classOf({ ...factsOf(head), isAboutWarmup: true }, rules).class, head.what).toBe(head.class)
  })

  test('say something of any mail, and the first that holds says it', () => {
    const header = fc.constantFrom(...headersOf(rules), 'x-other')
    const value = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.constantFrom(...MAIL_HEADS.flatMap((head) => [...factsOf(head).headers.values()])),
    )
    const mail: fc.Arbitrary<MailFacts> = fc.record({
      isWarmup: fc.boolean(),
      isAboutWarmup: fc.boolean(),
      from: value,
      subject: value,
      labels: fc.array(fc.constantFrom('INBOX', 'CATEGORY_PROMOTIONS', '')),
      headers: fc.dictionary(header, value).map((values) => new Map(Object.entries(values))),
    })
    fc.assert(
      fc.property(mail, (facts) => {
        const { class: is, rule } = classOf(facts, rules)
        expect(MAIL_CLASSES).toContain(is)
        const at = rules.findIndex(({ name }) => name === rule)
        expect(rule === null).toBe(at === -1)
        const before = at === -1 ? rules : rules.slice(0, at)
        for (const one of before) expect(classOf(facts, [one]).rule).toBeNull()
        if (at !== -1) expect(classOf(facts, [rules[at] as MailRule])).toEqual({ class: is, rule })
      }),
      fuzzing(500),
    )
  })

  /** Sixteen times as long as a header that reaches them: what is linear takes a few milliseconds, what is not minutes. */
  test('are not slowed down by a head that is made for it', () => {
    const length = 64_000
    const patterns = rules.flatMap(({ when: { from, subject, headers } }) =>
      [from, subject, ...(headers?.values() ?? [])].filter((pattern) => pattern !== undefined),
    )
    const pieces = new Set([' ', '\n', '<', '@', '-', 'a', ': @', '<>'])
    for (const { head } of MAIL_HEADS)
      for (const [, name, value = ''] of head.matchAll(/^([\w-]+): (.*)$/gm))
        if (['content-type', 'from', 'subject', 'auto-submitted'].includes(name?.toLowerCase() ?? ''))
          for (const piece of [value, `${value} `, ...value.split(/(?<=[\s=;@<>"])/)]) pieces.add(piece)
    const started = performance.now()
    for (const piece of pieces)
      for (const hostile of [
        piece.repeat(length / piece.length),
        piece + ' '.repeat(length),
        ' '.repeat(length) + piece,
      ])
        for (const pattern of patterns) pattern.test(hostile)
    expect(performance.now() - started).toBeLessThan(20_000)
  })
})

test('a header that a mail lacks is empty, and a rule can ask for that', () => {
  const rule: MailRule = { name: 'none', class: 'other', when: { headers: new Map([['x-a', /^$/iu]]) } }
  expect(classOf(factsOf({ head: 'From: a@b.c' }), [rule]).rule).toBe('none')
  expect(classOf(factsOf({ head: 'From: a@b.c\nX-A: 1' }), [rule]).rule).toBeNull()
})

test('all conditions of a rule must hold', () => {
  const when = { from: /carl/iu, subject: /lunch/iu, label: 'INBOX' }
  const rule: MailRule = { name: 'lunch with Carl', class: 'calendar', when }
  const mail = factsOf({ head: 'From: Carl <c@d.e>\nSubject: Lunch' })
  expect(classOf(mail, [rule]).class).toBe('calendar')
  for (const other of [{ from: 'Ben' }, { subject: 'Tea' }, { labels: [] }])
    expect(classOf({ ...mail, ...other }, [rule])).toEqual({ class: 'other', rule: null })
})
