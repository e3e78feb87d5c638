import { invalidArgument } from '../http/google-error.ts'

export type Token =
  | { type: '(' | ')' | '{' | '}' | '-' | 'OR' | 'AND' }
  | { type: 'text'; value: string }
  | { type: 'operator'; name: string }

const OPERATOR = /([a-z][a-z0-9_]*):/iy
const WORD = /[^\s(){}"]+/y
const PHRASE = /"([^"]*)"?/y

/** Cuts a Gmail search into tokens: https://support.google.com/mail/answer/7190 */
export function tokens(query: string): Token[] {
  const list: Token[] = []
  let at = 0
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const found = pattern.exec(query)
    if (found) at += found[0].length
    return found
  }
  while (at < query.length) {
    const character = query[at] ?? ''
    const previous = list.at(-1)
    const valueExpected = previous?.type === 'operator'
    if (/\s/.test(character)) {
      if (valueExpected) throw missingValue(previous.name)
      at += 1
    } else if ('(){}'.includes(character)) {
      list.push({ type: character as '(' | ')' | '{' | '}' })
      at += 1
    } else if (character === '"') {
      list.push({ type: 'text', value: take(PHRASE)?.[1] ?? '' })
    } else if (character === '-' && !valueExpected) {
      list.push({ type: '-' })
      at += 1
    } else {
      const operator = valueExpected ? null : take(OPERATOR)
      if (operator) list.push({ type: 'operator', name: (operator[1] ?? '').toLowerCase() })
      else list.push(wordToken(take(WORD)?.[0] ?? '', valueExpected))
    }
  }
  const last = list.at(-1)
  if (last?.type === 'operator') throw missingValue(last.name)
  return list
}

function wordToken(word: string, literal: boolean): Token {
  if (!literal && (word === 'OR' || word === '|')) return { type: 'OR' }
  if (!literal && word === 'AND') return { type: 'AND' }
  return { type: 'text', value: word }
}

const missingValue = (name: string) => invalidArgument(`Invalid query: ${name}: needs a value`)
