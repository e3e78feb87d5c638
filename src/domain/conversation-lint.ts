/** What a conversation text must not contain, whatever its choices come out as. */

export const limits = {
  minTurns: 2,
  maxTurns: 5,
  subjectLength: 90,
  turnLength: 1200,
  nameLength: 40,
} as const

/** Whole words and phrases that spam filters weigh heavily, or that a friendly mail never needs. */
const spamWords = [
  '100%',
  'act now',
  'bank account',
  'bitcoin',
  'bonus',
  'buy now',
  'cash',
  'casino',
  'cheap',
  'click',
  'credit card',
  'crypto',
  'discount',
  'earn money',
  'free of charge',
  'gift card',
  'guarantee',
  'guaranteed',
  'investment',
  'limited time',
  'loan',
  'lottery',
  'million',
  'money',
  'password',
  'prize',
  'risk-free',
  'special offer',
  'subscribe',
  'unpaid',
  'unsubscribe',
  'urgent',
  'viagra',
  'weight loss',
  'winner',
  'wire transfer',
]

const spam = new RegExp(
  `(?<![\\p{L}\\d])(?:${spamWords.map((word) => word.replaceAll(' ', '\\s+')).join('|')})(?![\\p{L}\\d])`,
  'iu',
)

// A dot between two words without a space counts as well: it is an address or a typing slip.
const link = /[a-z]+:\/\/\S*|\bwww\.\S*|\bmailto:\S*|\S+@\S+|[\p{L}\d-]{2,}\.\p{L}{2,}/iu

const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u
const shouting = /(?<!\p{L})\p{Lu}{5,}(?!\p{L})/u
const exclamations = /!\s*!|[?!]{3,}/

/** The problems of one line of text, leaving its braces aside. */
export function wordingProblems(line: string): string[] {
  const problems: string[] = []
  const hidden = invisible.exec(line)?.[0]
  if (hidden !== undefined) {
    const code = (hidden.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
    problems.push(`contains the control or invisible character U+${code}`)
  }
  const address = link.exec(line)?.[0]
  if (address !== undefined) problems.push(`looks like a link or an address: "${address}"`)
  const word = spam.exec(line)?.[0]
  if (word !== undefined) problems.push(`"${word}" reads like spam`)
  const shout = shouting.exec(line)?.[0]
  if (shout !== undefined) problems.push(`"${shout}" is written in capitals`)
  if (exclamations.test(line)) problems.push('too many exclamation or question marks in a row')
  return problems
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
