import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { TASK_KINDS } from '../src/domain/task.ts'

const PAGE = readFileSync('docs/guarantees.md', 'utf8')

/** Characters of a title that says something. */
const SHORTEST = 20

/** What stands in a list after “Held by” or “is tested by”, by the part of the page that it is in. */
function promises(): { part: string; words: string }[] {
  return PAGE.split(/^## /m).flatMap((text) => {
    const [part = '', ...lines] = text.split('\n')
    const from = lines.findIndex((line) => /(^Held by|is tested by .*):$/.test(line))
    if (from < 0) return []
    return lines
      .slice(from)
      .filter((line) => line.startsWith('- '))
      .map((line) => ({ part, words: line.slice(2) }))
  })
}

/** Titles as they are written; what a table puts into one stands there as `%s`, `%i` or `$name`, and on the page as `…`. */
function titles(): string[] {
  return globSync('test/**/*.test.ts').flatMap((file) => {
    const source = readFileSync(file, 'utf8')
    const written = source.matchAll(
      /^\s*(?:test|test\.\w+|\](?: as const)?\)|test\.\w+\([^\n]*\))?\(?\s*'((?:[^'\\\n]|\\.)+)',?/gm,
    )
    return [...written].map(([, title = '']) => title)
  })
}

const PLACEHOLDER = /\$\w+|%[si]/

/** A title that is all placeholder fits everything, and so names nothing. */
function fits(title: string, words: string): boolean {
  const fixed = title.split(PLACEHOLDER)
  if (fixed.join('').trim().length < SHORTEST) return false
  const escaped = fixed.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${escaped.join('.+')}$`).test(words)
}

test('every promise has a test that is named after it', () => {
  const known = titles()
  const unheld = promises().filter(({ words }) => !known.some((title) => fits(title, words)))
  expect(unheld).toEqual([])
})

test('every kind of task has its part, which is held by kills at all of its boundaries', () => {
  const killed = new Set(
    promises().flatMap(({ part, words }) =>
      words.startsWith(`a process that is killed at any boundary of ${part} (`) ? [part] : [],
    ),
  )
  expect(TASK_KINDS.filter((kind) => !killed.has(kind))).toEqual([])
})
