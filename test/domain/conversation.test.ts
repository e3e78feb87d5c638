import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type ConversationText,
  type Problem,
  parseConversation,
  renderSubject,
  renderTurn,
} from '../../src/domain/conversation.ts'
import { firstNameOf } from '../../src/domain/first-name.ts'

const lunch = `# A comment for the next author.
Subject: {Quick|Small} question about {{meal}}
meal: the team lunch|the team breakfast

Hi {{recipient}},

Where did we have {{meal}} {last time|in spring}?

Thanks,
{{sender}}
---
Hello {{recipient}},

I {think|believe} we had {{meal}} at {the café|home, not {{meal}}}.

{{sender}}
`

function parsed(text: string): ConversationText {
  const result = parseConversation('lunch', text)
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  return result.conversation
}

function problemsOf(text: string): readonly Problem[] {
  const result = parseConversation('lunch', text)
  return result.ok ? [] : result.problems
}

/** A good conversation whose first mail, on line 3, is the given text. */
const withMail = (mail: string, header = 'Subject: Lunch') => `${header}\n\n${mail}\n---\nFine, thank you.\n`

describe('parseConversation', () => {
  it('reads subject, variables and turns', () => {
    const conversation = parsed(lunch)
    expect(conversation).toMatchObject({
      key: 'lunch',
      subject: '{Quick|Small} question about {{meal}}',
      variables: { meal: ['the team lunch', 'the team breakfast'] },
    })
    expect(conversation.turns).toHaveLength(2)
    expect(conversation.turns[0]).toMatch(/^Hi \{\{recipient\}\},\n\nWhere .*\n\nThanks,\n\{\{sender\}\}$/s)
  })

  it('reads files with Windows line ends, a byte order mark and spaces inside the braces', () => {
    const text = `\uFEFF${lunch.replaceAll('{{meal}}', '{{ meal }}').replaceAll('\n', '\r\n')}`
    expect(parsed(text)).toEqual(parsed(lunch))
  })

  it.each<[what: string, text: string, line: number, problem: RegExp]>([
    ['no subject', 'Hi,\n---\nHello.\n', 1, /first line must be "Subject: "/],
    ['an empty subject', withMail('Hi.', '# comment\nSubject: '), 2, /first line must be "Subject: "/],
    ['an empty file', '', 1, /first line must be "Subject: "/],
    ['an open brace', withMail('Hi.\n{one|two'), 4, /unbalanced/],
    ['a closing brace', withMail('one|two}'), 3, /unbalanced/],
    ['a choice over two lines', withMail('{one|\ntwo}'), 3, /same line/],
    ['a nested choice', withMail('{one|{two|three}}'), 3, /nested/],
    ['a bar outside of braces', withMail('one|two'), 3, /outside of braces/],
    ['an empty choice', withMail('{one|} two'), 3, /empty choice in \{one\|\}/],
    ['a lonely choice', withMail('{one} two'), 3, /only one choice/],
    ['a choice with a variable alone', withMail('{ {{a}} }', 'Subject: A\na: b|c'), 4, /only one choice in/],
    ['an unknown variable', withMail('Hi {{receiver}},'), 3, /unknown variable \{\{receiver\}\}/],
    ['an inherited name', withMail('Hi {{constructor}},'), 3, /unknown variable/],
    ['a name in the subject', withMail('Hi.', 'Subject: For {{recipient}}'), 1, /unknown variable/],
    ['a reader in the middle', withMail('Hi.\nYou, {{recipient}}, are\nright.'), 4, /first line/],
    ['a reader in a sentence', withMail('Hi {{recipient}} and friends,'), 3, /punctuation/],
    ['a writer at the start', withMail('{{sender}} here.\nBye.'), 3, /last line/],
    ['a writer in a sentence', withMail('Hi.\nYours is {{sender}}'), 4, /stand alone/],
    ['an unused variable', withMail('Hi.', 'Subject: Lunch\nmeal: a|b'), 2, /"meal" is never used/],
    ['a variable named twice', withMail('{{a}}', 'Subject: Lunch\na: b|c\na: d|e'), 3, /named twice/],
    ['a reserved variable', withMail('Hi.', 'Subject: Lunch\nsender: b|c'), 2, /already taken/],
    ['an empty value', withMail('{{a}}', 'Subject: Lunch\na: b||c'), 2, /"a" has an empty choice/],
    ['a value with braces', withMail('{{a}}', 'Subject: Lunch\na: {b|c}'), 2, /may not contain braces/],
    ['no empty line', 'Subject: Lunch\nHi there.\n---\nHello.', 2, /an empty line before the first mail/],
    ['one mail', 'Subject: Lunch\n\nHi.\n', 1, /2 to 5 mails, this one has 1/],
    ['six mails', `Subject: Lunch\n\n${Array(6).fill('Hi.').join('\n---\n')}`, 1, /this one has 6/],
    ['an empty mail', 'Subject: Lunch\n\nHi.\n---\n\n', 4, /mail 2 is empty/],
    ['a long subject', withMail('Hi.', `Subject: {a|${'b'.repeat(91)}}`), 1, /91 characters, 90/],
    ['a long mail', withMail('abc '.repeat(301)), 3, /1,?20\d characters, 1200/],
    ['a control character', withMail('Hi.\nA\u0007bell'), 4, /U\+0007/],
    ['a tab', withMail('A\ttab'), 3, /U\+0009/],
    ['an invisible character', withMail('zero\u200Bwidth'), 3, /U\+200B/],
    ['a link', withMail('See https://example.test/a'), 3, /looks like a link/],
    ['a bare domain', withMail('See example.com for more'), 3, /looks like a link.*"example\.com"/],
    ['an address', withMail('Write to anna@example'), 3, /looks like a link/],
    ['a link with a short name', withMail('See x.com or t.co/a'), 3, /looks like a link.*"x\.com"/],
    ['a numeric address', withMail('It is 192.168.0.1'), 3, /looks like a link.*"192\.168\.0\.1"/],
    ['a domain behind a name', withMail('Hi {{recipient}}.com'), 3, /looks like a link/],
    ['a link across choices', withMail('On {example|sample}.{com|org}'), 3, /"example\.com"/],
    ['a link out of a variable', withMail('See {{site}}.com', 'Subject: A\nsite: one|two'), 4, /"one\.com"/],
    ['a link in a later mail', withMail('Hi.\n---\n# see example.com'), 5, /looks like a link/],
    [
      'spam across choices',
      withMail('A {nice|special} {idea|offer} for you'),
      3,
      /"special offer" reads like/,
    ],
    ['spam across three choices', withMail('{It is|so} {free|x} {of|by} {charge|y}'), 3, /"free of charge"/],
    [
      'spam across a variable in a choice',
      withMail('{the {{a}}|it} now', 'Subject: A\na: buy|sell'),
      4,
      /"buy now"/,
    ],
    ['marks across choices', withMail('{Great!|Nice.}{!|?}'), 3, /in a row/],
    ['a plural of spam', withMail('Many discounts'), 3, /"discounts" reads like spam/],
    ['a hyphen in spam', withMail('Please act-now'), 3, /"act-now" reads like spam/],
    ['a spam word', withMail('A {nice|Special  offer}'), 3, /"Special {2}offer" reads like spam/],
    ['capitals', withMail('PLEASE read'), 3, /capitals/],
    ['exclamation marks', withMail('Hi!!'), 3, /in a row/],
  ])('reports %s', (_what, text, line, problem) => {
    expect(problemsOf(text)).toContainEqual({ line, problem: expect.stringMatching(problem) })
  })

  it('reports every problem of a file, in the order of the lines', () => {
    const problems = problemsOf('Subject: {a|}\n\nHi {{you}},\n---\nSee www.example.com\n---\n{\n')
    expect(problems.map((problem) => problem.line)).toEqual([1, 3, 5, 7])
  })

  it('finds spam words only as whole words', () => {
    expect(problemsOf(withMail('The cashier had a loaner and clicked.'))).toEqual([])
  })

  it('is silent about what no choice can come out as', () => {
    expect(problemsOf(withMail('{special|nice} {idea|thought}, and an {offer|even nicer one}'))).toEqual([])
    expect(problemsOf(withMail(`{ecash${' b'.repeat(18)}|b} {c|d}`))).toEqual([])
    expect(problemsOf(withMail(`{a|b} {${'b '.repeat(18)}cashew|c}`))).toEqual([])
  })

  it('skips comments at the top only', () => {
    expect(problemsOf(`# see www.example.com\n${withMail('Hi.')}`)).toEqual([])
  })

  it('quotes what is wrong in one short line', () => {
    const [first, ...more] = problemsOf(withMail(`www.${'a'.repeat(500)}\u001B`))
    expect(first?.problem).toMatch(/U\+001B/)
    expect(more).toEqual([{ line: 3, problem: `looks like a link or an address: "www.${'a'.repeat(56)}…"` }])
  })

  it('takes no longer than the text is long', () => {
    const size = 100_000
    const slow = [
      'a',
      'a.',
      '@',
      '{{ ',
      '{a|b}',
      `{${'ab|'.repeat(19)}c}`,
      `{${'ab|'.repeat(19)}c}`.repeat(4).concat('\n'),
    ].map((piece) => piece.repeat(size / piece.length))
    for (const text of [...slow, `{{${' '.repeat(size)}x`]) {
      const start = performance.now()
      parseConversation('any', withMail(text))
      expect(performance.now() - start, text.slice(0, 10)).toBeLessThan(3000)
    }
  })

  it('takes fifty choices in one place and no more, and does not multiply what is too many', () => {
    const choices = (count: number) => Array.from({ length: count }, (_, i) => `a${i}`).join('|')
    expect(problemsOf(withMail(`{${choices(50)}}`))).toEqual([])
    expect(problemsOf(withMail(`{${choices(51)}}`))).toMatchObject([
      { problem: expect.stringMatching(/has 51 choices, 50 are allowed$/) },
    ])
    const named = withMail(`{${'{{much}} {{much}}|'.repeat(4000)}x}`)
    const start = performance.now()
    const problems = problemsOf(named.replace('Subject: Lunch\n', `Subject: Lunch\nmuch: ${choices(8000)}\n`))
    expect(performance.now() - start).toBeLessThan(1000)
    expect(problems).toMatchObject([
      { line: 2, problem: '"much" has 8000 choices, 50 are allowed' },
      { problem: expect.stringMatching(/has 4001 choices, 50 are allowed$/) },
    ])
  })

  it('never throws, whatever the file contains', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '{{',
      '}}',
      '|',
      '\n',
      '---\n',
      'Subject: ',
      'a: ',
      '{{a}}',
      'x',
      '#',
    )
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        const result = parseConversation('any', parts.join(''))
        expect(result.ok || result.problems.length > 0).toBe(true)
      }),
    )
  })
})

describe('rendering', () => {
  const conversation = parsed(lunch)
  const render = (turn: number, seed: number | string, sender: string | null, recipient: string | null) =>
    renderTurn(conversation, { turn, seed, sender, recipient })

  it('gives the same text for the same seed', () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer(), fc.string()), fc.constantFrom(1, 2), (seed, turn) => {
        expect(render(turn, seed, 'Anna', 'Ben')).toBe(render(turn, seed, 'Anna', 'Ben'))
        expect(renderSubject(conversation, seed)).toBe(renderSubject(conversation, seed))
      }),
    )
  })

  it('keeps a named choice through the subject and all turns', () => {
    const meals = new Set<string>()
    for (let seed = 0; seed < 50; seed++) {
      const meal = renderSubject(conversation, seed).replace(/^.*about /, '')
      meals.add(meal)
      expect(render(1, seed, 'Anna', 'Ben')).toContain(meal)
      expect(render(2, seed, 'Ben', 'Anna')).toContain(`had ${meal} at`)
    }
    expect(meals).toEqual(new Set(['the team lunch', 'the team breakfast']))
  })

  it('makes the other choices of each turn on their own', () => {
    const same = parsed('Subject: A\n\n{a|b}\n---\n{a|b}\n')
    const pairs = new Set<string>()
    for (let seed = 0; seed < 50; seed++) {
      const turn = (number: number) => renderTurn(same, { turn: number, seed, sender: null, recipient: null })
      pairs.add(turn(1) + turn(2))
    }
    expect(pairs).toEqual(new Set(['aa', 'ab', 'ba', 'bb']))
  })

  it('puts the names in their places and leaves no space at the ends', () => {
    expect(render(1, 7, 'Zoë', 'Øyvind')).toMatch(/^Hi Øyvind,\n\nWhere .*\n\nThanks,\nZoë$/s)
  })

  it.each([
    ['Hi {{recipient}},', 'Hi there,'],
    ['Hello {{recipient}}!', 'Hello there!'],
    ['Dear {{recipient}},', 'Hello,'],
    ['{{recipient}},', 'Hi there,'],
    ['Thanks, {{recipient}}!', 'Thanks!'],
    ['Good news, {{recipient}}: all well.', 'Good news: all well.'],
  ])('reads naturally without the name of the reader: %s', (line, expected) => {
    const conversation = parsed(withMail(`${line}\n\nBye.`))
    expect(renderTurn(conversation, { turn: 1, seed: 1, sender: null, recipient: null })).toBe(
      `${expected}\n\nBye.`,
    )
  })

  it.each([
    ['Best wishes,\n{{sender}}', 'Best wishes'],
    ['Cheers, {{sender}}', 'Cheers'],
    ['See you.\n\n{{sender}}', 'See you.'],
    ['See you.\n– {{sender}}', 'See you.'],
  ])('reads naturally without the name of the writer: %j', (end, expected) => {
    const conversation = parsed(withMail(`Hello.\n\n${end}`))
    expect(renderTurn(conversation, { turn: 1, seed: 1, sender: null, recipient: null })).toBe(
      `Hello.\n\n${expected}`,
    )
  })

  it('takes names literally and drops what does not belong into a name', () => {
    expect(render(1, 1, '$& {{meal}}', '{a|b}\n<i>')).toMatch(/^Hi abi,.*\nmeal$/s)
    expect(render(1, 1, ' 42 ', '\n')).toMatch(/^Hi there,.*\nThanks$/s)
  })

  it('has no turns but its own', () => {
    expect(() => render(0, 1, null, null)).toThrow(RangeError)
    expect(() => render(3, 1, null, null)).toThrow('lunch has no turn 3')
  })
})

describe('firstNameOf', () => {
  it.each([
    ['anna.schmidt@example.com', 'Anna'],
    ['ANNA_SCHMIDT@example.com', 'Anna'],
    ['jean-luc.martin@example.com', 'Jean-Luc'],
    ['anna-schmidt@example.com', 'Anna'],
    ['zoë.müller@example.com', 'Zoë'],
    ['jo.smith@example.com', 'Jo'],
    ['anna+news@example.com', 'Anna'],
    ['anna82@example.com', 'Anna'],
    ['chris@example.com', 'Chris'],
    ['björn@example.com', 'Björn'],
    ['j.doe@example.com', null],
    ['jdoe@example.com', null],
    ['jp.martin@example.com', null],
    ['annaschmidt@example.com', null],
    ['info@example.com', null],
    ['no-reply@example.com', null],
    ['sales.team@example.com', null],
    ['4711@example.com', null],
    ['@example.com', null],
    ['', null],
  ])('%s → %s', (email, expected) => {
    expect(firstNameOf(email)).toBe(expected)
  })
})
