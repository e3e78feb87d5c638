import { crossings } from './conversation-crossings.ts'
import { limits, namePlaceProblems, shown, wordingProblems } from './conversation-lint.ts'
import { seededRandom } from './random.ts'

export type ConversationText = {
  readonly key: string
  readonly subject: string
  /** Choices that are made once and then hold for the subject and for every turn. */
  readonly variables: Readonly<Record<string, readonly string[]>>
  readonly turns: readonly string[]
}

export type Problem = { readonly line: number; readonly problem: string }

export type ParsedConversation =
  | { readonly ok: true; readonly conversation: ConversationText }
  | { readonly ok: false; readonly problems: readonly Problem[] }

export type Seed = number | string

type Line = { readonly number: number; readonly text: string }

const names = ['sender', 'recipient']
const named = /\{\{([^{}]*)\}\}/g
const placeholder = /\{\{([^{}]*)\}\}|\{([^{}]*)\}|[{}]/g

/** Reads the text of one conversation, or tells everything that is wrong with it. */
export function parseConversation(key: string, text: string): ParsedConversation {
  const problems: Problem[] = []
  const report = (line: number, problem: string) => problems.push({ line, problem })

  const lines = text
    .replace(/^\uFEFF/, '')
    .replaceAll('\r\n', '\n')
    .split('\n')
    .map((line, index): Line => ({ number: index + 1, text: tidyBraces(line.trimEnd()) }))

  let next = 0
  while (lines[next]?.text === '' || lines[next]?.text.startsWith('#')) next++
  const written = lines.slice(next)
  const checkWording = (variables: ConversationText['variables'] = {}) => {
    for (const { number, text } of written)
      for (const problem of wordingProblems([text, ...crossings(text, variables)])) report(number, problem)
  }

  const subjectLine = lines[next]
  const subject = /^Subject:\s*(.*)$/.exec(subjectLine?.text ?? '')?.[1]
  if (subjectLine === undefined || subject === undefined || subject === '') {
    report(subjectLine?.number ?? lines.length, 'the first line must be "Subject: " and a subject')
    checkWording()
    return { ok: false, problems }
  }
  next++

  const variables: Record<string, readonly string[]> = {}
  const variableLines = new Map<string, number>()
  for (let line = lines[next]; line !== undefined && line.text !== ''; line = lines[++next]) {
    const header = /^([a-z][a-z0-9-]*):\s*(.*)$/.exec(line.text)
    const name = header?.[1]
    if (name === undefined) {
      report(line.number, 'expected "name: one|another", or an empty line before the first mail')
      break
    }
    const options = optionsOf(header?.[2] ?? '')
    if (names.includes(name) || name === 'subject') report(line.number, `the name "${name}" is already taken`)
    else if (variableLines.has(name)) report(line.number, `"${name}" is named twice`)
    if (options.some((option) => option === '')) report(line.number, `"${name}" has an empty choice`)
    if (options.length > limits.choices) report(line.number, tooMany(`"${name}"`, options))
    if (/[{}]/.test(line.text)) report(line.number, `the choices of "${name}" may not contain braces`)
    variableLines.set(name, line.number)
    Object.defineProperty(variables, name, {
      value: options.slice(0, limits.choices),
      enumerable: true,
      configurable: true,
    })
  }

  checkWording(variables)
  const blocks = splitTurns(lines.slice(next))
  const used = new Set<string>()
  const check = (line: Line, known: readonly string[]) => {
    for (const problem of placeholderProblems(line.text, known, used)) report(line.number, problem)
  }

  check({ number: subjectLine.number, text: subject }, Object.keys(variables))
  const subjectLength = longest(subject, variables)
  if (subjectLength > limits.subjectLength) {
    report(
      subjectLine.number,
      `the subject can grow to ${subjectLength} characters, ${limits.subjectLength} are allowed`,
    )
  }

  if (blocks.length < limits.minTurns || blocks.length > limits.maxTurns) {
    report(
      subjectLine.number,
      `a conversation has ${limits.minTurns} to ${limits.maxTurns} mails, this one has ${blocks.length}`,
    )
  }
  const turns = blocks.map(({ start, lines: block }, index) => {
    if (block.length === 0) report(start, `mail ${index + 1} is empty`)
    block.forEach((line, at) => {
      check(line, [...Object.keys(variables), ...names])
      const place = { first: at === 0, last: at === block.length - 1 }
      for (const problem of namePlaceProblems(line.text, place)) report(line.number, problem)
    })
    const turn = block.map((line) => line.text).join('\n')
    const length = longest(turn, variables)
    if (length > limits.turnLength) {
      report(start, `mail ${index + 1} can grow to ${length} characters, ${limits.turnLength} are allowed`)
    }
    return turn
  })

  for (const [name, line] of variableLines) if (!used.has(name)) report(line, `"${name}" is never used`)

  if (problems.length > 0) return { ok: false, problems: problems.sort((a, b) => a.line - b.line) }
  return { ok: true, conversation: { key, subject, variables, turns } }
}

/** The subject of the conversation; replies keep it. The same seed always gives the same subject. */
export function renderSubject(conversation: ConversationText, seed: Seed): string {
  const random = seededRandom(`${conversation.key}/${seed}/subject`)
  return fill(conversation.subject, random, chosenVariables(conversation, seed))
}

/**
 * The plain text of one turn, counted from 1. The same seed always gives the same text. A name that is
 * not known is left out so that the mail still reads naturally ("Hi there", no signature).
 */
export function renderTurn(
  conversation: ConversationText,
  mail: {
    readonly turn: number
    readonly seed: Seed
    readonly sender: string | null
    readonly recipient: string | null
  },
): string {
  const text = conversation.turns[mail.turn - 1]
  if (text === undefined) throw new RangeError(`Conversation ${conversation.key} has no turn ${mail.turn}`)
  const random = seededRandom(`${conversation.key}/${mail.seed}/turn ${mail.turn}`)
  const filled = fill(text, random, chosenVariables(conversation, mail.seed))
  return sign(address(filled, tidyName(mail.recipient)), tidyName(mail.sender))
}

function splitTurns(lines: readonly Line[]): { start: number; lines: Line[] }[] {
  const blocks: { start: number; lines: Line[] }[] = [{ start: lines[0]?.number ?? 1, lines: [] }]
  for (const line of lines) {
    if (/^-{3,}$/.test(line.text)) blocks.push({ start: line.number, lines: [] })
    else blocks.at(-1)?.lines.push(line)
  }
  for (const block of blocks) {
    while (block.lines[0]?.text === '') block.lines.shift()
    while (block.lines.at(-1)?.text === '') block.lines.pop()
    block.start = block.lines[0]?.number ?? block.start
  }
  return blocks
}

function tidyBraces(line: string): string {
  return line.replace(named, (_whole, name: string) => `{{${name.trim()}}}`)
}

function placeholderProblems(text: string, known: readonly string[], used: Set<string>): string[] {
  const problems: string[] = []
  for (const [whole, name = ''] of text.matchAll(named)) {
    used.add(name)
    if (!known.includes(name)) problems.push(`unknown variable ${shown(whole)}`)
  }
  // Variables may stand inside a choice, so they are out of the way before the choices are read.
  const choices = insert(text, (name) => (names.includes(name) ? null : name.replaceAll('|', '') || 'x'))
  for (const [, , choice] of choices.matchAll(placeholder)) {
    if (choice === undefined) continue
    const options = optionsOf(choice)
    if (options.some((option) => option === '')) problems.push(`empty choice in {${shown(choice)}}`)
    else if (options.length < 2) problems.push(`only one choice in {${shown(choice)}}`)
    else if (options.length > limits.choices) problems.push(tooMany(`{${shown(choice)}}`, options))
  }
  const rest = choices.replace(placeholder, (whole) => (whole.length === 1 ? whole : ''))
  if (/[{}]/.test(rest)) problems.push('unbalanced or nested braces; a choice must end on the same line')
  else if (rest.includes('|')) problems.push('a | outside of braces')
  return problems
}

function tooMany(place: string, options: readonly string[]): string {
  return `${place} has ${options.length} choices, ${limits.choices} are allowed`
}

function optionsOf(choice: string): string[] {
  return choice.split('|').map((option) => option.trim())
}

function longest(text: string, variables: ConversationText['variables']): number {
  const longestOf = (options: readonly string[]) =>
    options.reduce((longer, option) => (option.length > longer.length ? option : longer), '')
  const full = insert(text, (name) =>
    Object.hasOwn(variables, name) ? longestOf(variables[name] ?? []) : '-'.repeat(limits.nameLength),
  )
  return choose(full, longestOf).length
}

function chosenVariables(conversation: ConversationText, seed: Seed): Map<string, string> {
  const pairs = Object.entries(conversation.variables).map(([name, options]): [string, string] => {
    const random = seededRandom(`${conversation.key}/${seed}/variable ${name}`)
    return [name, pick(options, random)]
  })
  return new Map(pairs)
}

function fill(text: string, random: () => number, values: ReadonlyMap<string, string>): string {
  const inserted = insert(text, (name) => values.get(name) ?? null)
  return choose(inserted, (options) => pick(options, random))
}

/** Puts values in the place of `{{name}}`; null leaves the placeholder as it is. */
function insert(text: string, value: (name: string) => string | null): string {
  return text.replace(named, (whole, name: string) => value(name) ?? whole)
}

function choose(text: string, choice: (options: readonly string[]) => string): string {
  return text.replace(placeholder, (whole, _name?: string, options?: string) =>
    options === undefined ? whole : choice(optionsOf(options)),
  )
}

function pick(options: readonly string[], random: () => number): string {
  return options[Math.floor(random() * options.length)] ?? ''
}

function address(text: string, recipient: string | null): string {
  if (recipient !== null) return text.replaceAll('{{recipient}}', () => recipient)
  return text
    .replace(/^\{\{recipient\}\}/, 'Hi there')
    .replace(/^(Hi|Hello|Hey) \{\{recipient\}\}/, '$1 there')
    .replace(/^Dear \{\{recipient\}\}/, 'Hello')
    .replaceAll(/,? ?\{\{recipient\}\}/g, '')
}

function sign(text: string, sender: string | null): string {
  if (sender !== null) return text.replaceAll('{{sender}}', () => sender)
  // "Best," above a missing name loses its comma.
  return text.includes('{{sender}}') ? text.replace(/[\s,–—-]*\{\{sender\}\}$/u, '') : text
}

function tidyName(name: string | null): string | null {
  const letters = (name ?? '').replaceAll(/[^\p{L}\p{M}'’. -]/gu, '').replaceAll(/ +/g, ' ')
  const tidy = letters.trim().slice(0, limits.nameLength).trim().toWellFormed()
  return /\p{L}/u.test(tidy) ? tidy : null
}
