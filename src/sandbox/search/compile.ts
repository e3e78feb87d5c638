import { type Token, tokens } from './lexer.ts'
import { bracketed, operatorTest, type SearchContext, type Test, textTest } from './operators.ts'

export type Search = {
  matches: Test
  /** True when the search itself looks into spam or trash. */
  everywhere: boolean
  /** Set when only mail with this Message-ID can match, which an index answers. */
  rfcMessageId?: string
}

const EVERYWHERE = /^(in|label):(anywhere|spam|trash)$/

/**
 * Words side by side must all match; OR binds the two terms beside it, tighter than that; `-` negates;
 * parentheses group, braces group with OR, and both may follow an operator: `from:(anna OR ben)`.
 */
export function compileQuery(query: string, context: SearchContext): Search {
  const list = tokens(query)
  let at = 0
  let everywhere = false
  let rfcMessageId: string | undefined

  const matches = sequence(undefined, 0)
  return rfcMessageId === undefined ? { matches, everywhere } : { matches, everywhere, rfcMessageId }

  function sequence(operator: string | undefined, depth: number, joint: 'all' | 'any' = 'all'): Test {
    const tests: Test[] = []
    while (at < list.length) {
      const type = list[at]?.type
      if (type === ')' || type === '}') {
        if (depth > 0) break
        at += 1
      } else if (type === 'AND' || type === 'OR') {
        at += 1
      } else {
        tests.push(alternatives(operator, depth))
      }
    }
    if (joint === 'any' && tests.length > 0) return (message) => tests.some((test) => test(message))
    return (message) => tests.every((test) => test(message))
  }

  function alternatives(operator: string | undefined, depth: number): Test {
    const start = at
    const tests = [term(operator, depth)]
    while (list[at]?.type === 'OR' && startsTerm(list[at + 1])) {
      at += 1
      tests.push(term(operator, depth))
    }
    if (depth === 0 && tests.length === 1) noteMessageId(start)
    return tests.length === 1 && tests[0] ? tests[0] : (message) => tests.some((test) => test(message))
  }

  function term(operator: string | undefined, depth: number): Test {
    const token = list[at]
    at += 1
    switch (token?.type) {
      case '-': {
        const test = startsTerm(list[at]) ? term(operator, depth + 1) : () => false
        return (message) => !test(message)
      }
      case '(':
      case '{': {
        const test = sequence(operator, depth + 1, token.type === '{' ? 'any' : 'all')
        at += 1
        return test
      }
      case 'operator':
        return term(token.name, depth)
      case 'text': {
        if (operator === undefined) return textTest(token.value)
        if (EVERYWHERE.test(`${operator}:${token.value.toLowerCase()}`)) everywhere = true
        return operatorTest(operator, token.value, context)
      }
      default:
        return () => true
    }
  }

  function noteMessageId(start: number): void {
    const [operator, value] = [list[start], list[start + 1]]
    if (operator?.type === 'operator' && operator.name === 'rfc822msgid' && value?.type === 'text') {
      rfcMessageId = bracketed(value.value)
    }
  }
}

const startsTerm = (token: Token | undefined) =>
  token !== undefined && !['OR', 'AND', ')', '}'].includes(token.type)
