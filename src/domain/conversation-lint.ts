/** What a conversation text must not contain, whatever its choices come out as. */

export const limits = {
  minTurns: 2,
  maxTurns: 5,
  subjectLength: 90,
  turnLength: 1200,
  /** Of one place: every one of them is held against every one of its neighbours. */
  choices: 50,
  nameLength: 40,
  shownLength: 60,
} as const

/** Whole words and phrases, as patterns, that spam filters weigh heavily, or that a friendly mail never needs. */
const spamWords = [
  '100%',
  'act now',
  'bank accounts?',
  'bitcoin',
  'bonus',
  'buy now',
  'call now',
  'cash',
  'casino',
  'cheap',
  'click',
  'credit cards?',
  'crypto',
  'discounts?',
  'earn money',
  'free of charge',
  'free trials?',
  'gift cards?',
  'guarantees?',
  'guaranteed',
  'investments?',
  'limited time',
  'loans?',
  'lottery',
  'millions?',
  'money',
  'no obligation',
  'order now',
  'passwords?',
  'prizes?',
  'risk free',
  'special offers?',
  'subscribe',
  'unpaid',
  'unsubscribe',
  'urgent',
  'viagra',
  'weight loss',
  'winners?',
  'wire transfers?',
]

const spam = new RegExp(
  `(?<![\\p{L}\\d])(?:${spamWords.map((word) => word.replaceAll(' ', '[\\s-]+')).join('|')})(?![\\p{L}\\d])`,
  'iu',
)

// A dot between two words without a space counts as well: it is an address or a typing slip. Each begins where its first
// word does, so that a long line takes no longer than its length.
const link = new RegExp(
  [
    /(?<![a-z])[a-z]+:\/\/\S*/,
    /\bwww\.\S*/,
    /\bmailto:\S*/,
    /(?<!\S)\S+@\S+/,
    /(?<![\p{L}\d-])[\p{L}\d-]+\.\p{L}{2,}/u,
    /(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'iu',
)

const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u
const shouting = /(?<!\p{L})\p{Lu}{5,}(?!\p{L})/u
const exclamations = /!\s*!|[?!]{3,}/

/** The problems of a line in any of the forms that it takes, leaving its braces aside; each kind of problem once. */
export function wordingProblems(forms: readonly string[]): string[] {
  const problems: string[] = []
  const firstIn = (pattern: RegExp) => {
    for (const form of forms) {
      const found = pattern.exec(form)?.[0]
      if (found !== undefined) return found
    }
  }
  const hidden = firstIn(invisible)
  if (hidden !== undefined) {
    const code = (hidden.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
    problems.push(`contains the control or invisible character U+${code}`)
  }
  const address = firstIn(link)
  if (address !== undefined) problems.push(`looks like a link or an address: "${shown(address)}"`)
  const word = firstIn(spam)
  if (word !== undefined) problems.push(`"${shown(word)}" reads like spam`)
  const shout = firstIn(shouting)
  if (shout !== undefined) problems.push(`"${shown(shout)}" is written in capitals`)
  if (firstIn(exclamations) !== undefined) problems.push('too many exclamation or question marks in a row')
  return problems
}

/** A piece of a text, fit for one line of a log or a terminal. */
export function shown(text: string): string {
  const plain = text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '�')
  return plain.length > limits.shownLength ? `${plain.slice(0, limits.shownLength)}…` : plain
}

/**
 * The names must stand where a line still reads well without them: the reader's in the first line of a
 * turn, before a punctuation mark; the writer's at the end of the last line.
 */
export function namePlaceProblems(line: string, place: { first: boolean; last: boolean }): string[] {
  const problems: string[] = []
  if (line.includes('{{recipient}}')) {
    if (!place.first) problems.push('{{recipient}} may only stand in the first line of a turn')
    else if (/\{\{recipient\}\}(?!\s*(?:[,.!?:;–—]|$))/u.test(line)) {
      problems.push('after {{recipient}} there must be a punctuation mark')
    }
  }
  if (line.includes('{{sender}}')) {
    if (!place.last) problems.push('{{sender}} may only stand in the last line of a turn')
    else if (!/(?:^|[,–—-]\s*)\{\{sender\}\}$/u.test(line)) {
      problems.push('{{sender}} must stand alone, or at the end of the line after a comma')
    }
  }
  return problems
}
