import { header, textOf } from '../mail/reading.ts'
import type { Message } from '../state/shapes.ts'

/**
 * Gmail matches whole words and ignores case and punctuation, so both sides of a comparison are turned
 * into words between spaces: " anna example com ".
 */
export const asWords = (text: string): string =>
  ` ${
    text
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu)
      ?.join(' ') ?? ''
  } `

type Searchable = { from: string; to: string; subject: string; everything: string }

const known = new WeakMap<Message, Searchable>()

export function searchable(message: Message): Searchable {
  const found = known.get(message)
  if (found) return found
  const from = asWords(header(message, 'From') ?? '')
  const to = asWords(['To', 'Cc', 'Bcc'].map((name) => header(message, name) ?? '').join(' '))
  const subject = asWords(header(message, 'Subject') ?? '')
  const everything = ` ${from} | ${to} | ${subject} | ${asWords(textOf(message))} `
  const fresh = { from, to, subject, everything }
  known.set(message, fresh)
  return fresh
}
