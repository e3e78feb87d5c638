import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { MAIL_CLASSES } from '../../src/domain/mail-class.ts'
import { readMailRules } from '../../src/mail-rules/read-mail-rules.ts'

const document = readFileSync('docs/mail-rules.md', 'utf8')

test('the example of the document is a file of rules', () => {
  const [, example = ''] = document.match(/```json\n(.*?)```/s) ?? []
  expect(readMailRules(JSON.parse(example))).toHaveLength(3)
})

test('the document tells of each class', () => {
  const rows = [...document.matchAll(/^\| `(\w+)` +\|/gm)].map(([, name]) => name)
  expect(rows.filter((name) => MAIL_CLASSES.includes(name as never))).toEqual(
    expect.arrayContaining([...MAIL_CLASSES]),
  )
})

test('the mistake that it shows is told in these words', () => {
  const rule = { name: 'a', class: 'other', when: { subject: 'a' } }
  const wrong = [rule, { ...rule, when: { subject: '(invoice' } }]
  const [, told] = document.match(/^MAIL_RULES_FILE="[^"]+": (.*)$/m) ?? []
  expect(() => readMailRules(wrong)).toThrow(told)
})
