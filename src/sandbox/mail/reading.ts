import type { Message } from '../state/shapes.ts'
import { parseAddresses } from './addresses.ts'
import { fieldsOf, type Header, headerIn, headersIn, splitHead } from './headers.ts'
import { type Part, parseParts, readableText } from './parts.ts'

const SNIPPET_LENGTH = 200

/** What is read out of a stored mail, worked out once for each message and only when asked for. */
export const headersOf = once((message): Header[] => headersIn(message.raw))
export const partsOf = once((message): Part => parseParts(message.raw))
export const textOf = once((message): string => readableText(partsOf(message)))

export const snippetOf = once((message): string =>
  escapeHtml(textOf(message).replace(/\s+/g, ' ').trim().slice(0, SNIPPET_LENGTH)),
)

export const rfcMessageIdOf = once((message) => (header(message, 'Message-ID') ?? '').trim())

export const subjectOf = (message: Message) => header(message, 'Subject') ?? ''

export const senderOf = (message: Message) => parseAddresses(header(message, 'From'))[0]?.address ?? ''

export const header = (message: Message, name: string) => headerIn(headersOf(message), name)

/** Bytes as characters, with the line ends a mail must have. */
export const asRaw = (bytes: Buffer): string => bytes.toString('latin1').replace(/\r?\n/g, '\r\n')

export const looksLikeMail = (raw: string): boolean =>
  fieldsOf(splitHead(raw).head).some((f) => f.includes(':'))

function once<T>(read: (message: Message) => T): (message: Message) => T {
  const known = new WeakMap<Message, { value: T }>()
  return (message) => {
    let entry = known.get(message)
    if (!entry) {
      entry = { value: read(message) }
      known.set(message, entry)
    }
    return entry.value
  }
}

// Gmail's snippets are HTML-escaped.
const escapeHtml = (text: string) =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
