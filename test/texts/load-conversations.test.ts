import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { OperatorError } from '../../src/domain/errors.ts'
import { loadConversations } from '../../src/texts/load-conversations.ts'
import { fuzzing } from '../support/fuzz.ts'

const good = 'Subject: Lunch\n\nHi {{recipient}},\n---\nHello.\n'

let root: string
let bundled: string
let own: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'conversation texts '))
  bundled = join(root, 'bundled')
  own = join(root, 'own')
  for (const folder of [bundled, own]) mkdirSync(folder)
  write(bundled, { 'lunch.txt': good, 'walk.txt': good })
})
afterEach(() => rmSync(root, { recursive: true }))

function write(folder: string, files: Record<string, string | Buffer>): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
}

const load = (setting: string | null = 'CONVERSATIONS_DIR') =>
  loadConversations({ path: own, setting }, bundled)
const keysOf = ({ texts }: ReturnType<typeof load>) => texts.map(({ key, origin }) => `${key} ${origin}`)

describe('the bundled texts', () => {
  it('are the text files of their folder, sorted by key', () => {
    write(bundled, { 'b.txt': good, 'a-b.txt': good, 'a.txt': good, 'README.md': 'no', '._a.txt': 'no' })
    expect(load().texts.map(({ key }) => key)).toEqual(['a', 'a-b', 'b', 'lunch', 'walk'])
  })

  it('are flawless: all problems of all files are listed in one error', () => {
    write(bundled, {
      'b.txt': good.replace('Hi', '{Hi'),
      'c.txt': 'Subject: {a|}\n\nSee www.example.com\n',
    })
    expect(() => load()).toThrow(
      [
        `Conversation texts in ${bundled}:`,
        'b.txt:3 unbalanced or nested braces; a choice must end on the same line',
        'c.txt:1 empty choice in {a|}',
        'c.txt:1 a conversation has 2 to 5 mails, this one has 1',
        'c.txt:3 looks like a link or an address: "www.example.com"',
      ].join('\n'),
    )
  })

  it('are there, even where the operator has some', () => {
    rmSync(bundled, { recursive: true })
    mkdirSync(bundled)
    write(own, { 'a.txt': good })
    expect(() => load()).toThrow('No conversation texts')
  })
})

describe('the operator’s own texts', () => {
  it('stand among the bundled ones, and one of the same name takes the bundled one’s place', () => {
    write(own, { 'walk.txt': good.replace('Lunch', 'A walk'), 'Über uns 2.txt': good })
    const loaded = load()
    expect(keysOf(loaded)).toEqual(['lunch bundled', 'walk own', 'Über uns 2 own'])
    expect(loaded.texts.find(({ key }) => key === 'walk')?.subject).toBe('A walk')
    expect(loaded.problems).toEqual([])
  })

  it('are left out one by one where they have problems, and a bundled text keeps its place', () => {
    write(own, { 'a.txt': good, 'b.txt': good.replace('Hi', '{Hi'), 'walk.txt': 'Hello' })
    const loaded = load()
    expect(keysOf(loaded)).toEqual(['a own', 'lunch bundled', 'walk bundled'])
    expect(loaded.problems).toEqual([
      { file: 'b.txt', line: 3, problem: 'unbalanced or nested braces; a choice must end on the same line' },
      { file: 'walk.txt', line: 1, problem: 'the first line must be "Subject: " and a subject' },
    ])
  })

  it('are no folders, no pipes, not gone, not large, in UTF-8 and plainly named', () => {
    mkdirSync(join(own, 'folder.txt'))
    execFileSync('mkfifo', [join(own, 'pipe.txt')])
    symlinkSync(join(root, 'nowhere'), join(own, 'gone.txt'))
    write(own, {
      'large.txt': good.padEnd(100_001),
      'just.txt': good.padEnd(100_000),
      'latin.txt': Buffer.from(good.replace('Hello', 'Grüße'), 'latin1'),
      'wide.txt': Buffer.from(`\uFEFF${good}`, 'utf16le'),
      'a\u001B[31m.txt': good,
      [`${'a'.repeat(81)}.txt`]: good,
    })
    const loaded = load()
    expect(keysOf(loaded)).toEqual(['just own', 'lunch bundled', 'walk bundled'])
    expect(loaded.problems.map(({ file, line, problem }) => `${file}:${line} ${problem}`)).toEqual([
      'a�[31m.txt:1 its name may hold letters, digits, spaces and . _ - only, at most 80 of them',
      `${'a'.repeat(60)}…:1 its name may hold letters, digits, spaces and . _ - only, at most 80 of them`,
      'folder.txt:1 is a folder, not a file',
      'gone.txt:1 can’t be read (ENOENT)',
      'large.txt:1 has 100001 bytes, 100000 are allowed',
      'latin.txt:5 is not UTF-8: save the file in that encoding',
      'pipe.txt:1 is not a file',
      'wide.txt:1 is not UTF-8: save the file in that encoding',
    ])
  })

  it('are a thousand at most: what comes after them in order is left out, and said', () => {
    const files = Array.from({ length: 1002 }, (_, i) => [`n${String(i).padStart(4, '0')}.txt`, good])
    write(own, Object.fromEntries(files))
    const loaded = load()
    expect(loaded.texts).toHaveLength(1002)
    expect(loaded.problems).toEqual([
      {
        file: 'n1000.txt',
        line: 1,
        problem: 'is left out with all after it: the folder has 1002 texts, 1000 are allowed',
      },
    ])
  })

  it('are read or left out with a reason, whatever bytes a file holds', () => {
    const head = Buffer.from('Subject: Lunch\n\n')
    const bytes = fc.uint8Array({ maxLength: 400 }).map((array) => Buffer.from(array))
    const characters = fc.string({ unit: 'binary', maxLength: 400 }).map((text) => Buffer.from(text))
    const file = fc.tuple(fc.boolean(), fc.oneof(bytes, characters))
    fc.assert(
      fc.property(fc.array(file, { maxLength: 4 }), (files) => {
        const contents = files.map(([isHeaded, body]) => (isHeaded ? Buffer.concat([head, body]) : body))
        write(own, Object.fromEntries(contents.map((content, i) => [`f${i}.txt`, content])))
        const { texts, problems } = load()
        const named = new Set([...texts.map(({ key }) => `${key}.txt`), ...problems.map(({ file }) => file)])
        for (const i of contents.keys()) expect(named).toContain(`f${i}.txt`)
        for (const { line, problem } of problems) {
          expect(line).toBeGreaterThan(0)
          expect(problem).toMatch(/^[^\p{C}\p{Zl}\p{Zp}]+$/u)
        }
      }),
      fuzzing(200),
    )
  })

  it('tell the first twenty problems of a file, and how many follow', () => {
    write(own, { 'list.txt': `Subject: A list\n\n${'www.example.com\n'.repeat(300)}` })
    const { problems } = load()
    expect(problems).toHaveLength(21)
    expect(problems.at(-1)).toEqual({ file: 'list.txt', line: 21, problem: 'and 282 more from here on' })
  })

  it('need no folder, unless a setting names one', () => {
    rmSync(own, { recursive: true })
    expect(keysOf(load(null))).toEqual(['lunch bundled', 'walk bundled'])
    expect(load(null).problems).toEqual([])
    expect(() => load()).toThrow(OperatorError)
    expect(() => load()).toThrow(
      `CONVERSATIONS_DIR=${JSON.stringify(own)}: expected a folder that can be read (ENOENT)`,
    )
  })

  it('are a folder: a file in its place is a problem, or with the setting a reason not to start', () => {
    rmSync(own, { recursive: true })
    writeFileSync(own, good)
    expect(load(null).problems).toEqual([
      { file: own, line: 1, problem: 'expected a folder that can be read (ENOTDIR)' },
    ])
    expect(() => load()).toThrow('expected a folder that can be read (ENOTDIR)')
  })
})

it('nobody can change what was loaded', () => {
  const { texts, problems } = load()
  expect(Object.isFrozen(texts)).toBe(true)
  expect(Object.isFrozen(problems)).toBe(true)
  expect(Object.isFrozen(texts[0])).toBe(true)
  expect(Object.isFrozen(texts[0]?.turns)).toBe(true)
  expect(Object.isFrozen(texts[0]?.variables)).toBe(true)
})
