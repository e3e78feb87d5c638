import { invalidArgument } from '../http/google-error.ts'
import type { Part } from '../mail/parts.ts'
import { headersOf, partsOf, snippetOf } from '../mail/reading.ts'
import type { Message } from '../state/shapes.ts'

export type Format = 'minimal' | 'metadata' | 'full' | 'raw'

const FORMATS: readonly string[] = ['minimal', 'metadata', 'full', 'raw'] satisfies Format[]

export function formatIn(query: URLSearchParams): Format {
  const text = (query.get('format') ?? 'full').toLowerCase()
  if (!FORMATS.includes(text)) {
    throw invalidArgument(
      `Invalid value at 'format' (type.googleapis.com/google.apps.gmail.v1.Format), "${text}"`,
    )
  }
  return text as Format
}

/** What modify, send and drafts answer: where a message is, not what it says. */
export const renderReference = (message: Message) => ({
  id: message.id,
  threadId: message.threadId,
  labelIds: message.labels,
})

export function renderMessage(message: Message, format: Format, metadataHeaders: string[] = []) {
  const base = {
    ...renderReference(message),
    snippet: snippetOf(message),
    sizeEstimate: message.raw.length,
    historyId: String(message.historyId),
    internalDate: String(message.internalDate),
  }
  switch (format) {
    case 'minimal':
      return base
    case 'raw':
      return { ...base, raw: Buffer.from(message.raw, 'latin1').toString('base64url') }
    case 'metadata':
      return { ...base, payload: renderHead(message, metadataHeaders) }
    case 'full':
      return { ...base, payload: renderPart(partsOf(message)) }
  }
}

function renderHead(message: Message, wanted: string[]) {
  const names = new Set(wanted.map((name) => name.toLowerCase()))
  const headers = headersOf(message).filter(({ name }) => names.size === 0 || names.has(name.toLowerCase()))
  return { mimeType: partsOf(message).mimeType, headers }
}

function renderPart(part: Part): Record<string, unknown> {
  const { partId, mimeType, filename, headers } = part
  const parts = part.parts.length > 0 ? { parts: part.parts.map(renderPart) } : {}
  return { partId, mimeType, filename, headers, body: renderBody(part), ...parts }
}

function renderBody(part: Part) {
  const size = part.parts.length > 0 ? 0 : part.body.length
  if (size === 0) return { size }
  if (part.filename !== '') return { attachmentId: attachmentId(part), size }
  return { size, data: part.body.toString('base64url') }
}

export const attachmentId = (part: Part) => Buffer.from(`attachment ${part.partId}`).toString('base64url')
