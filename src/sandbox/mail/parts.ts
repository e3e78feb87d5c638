import { decodeBytes, type Header, headerIn, parseHeaders, splitHead, unquote } from './headers.ts'

export type Part = {
  /** "" for the mail itself, then "0", "1", "1.0"… */
  partId: string
  mimeType: string
  filename: string
  headers: Header[]
  /** The content without its transfer encoding; empty for a multipart. */
  body: Buffer
  charset: string
  parts: Part[]
}

export function parseParts(raw: string, partId = ''): Part {
  const { head, body } = splitHead(raw)
  const headers = parseHeaders(head)
  const type = headerIn(headers, 'content-type') ?? 'text/plain'
  const mimeType = (type.split(';')[0] ?? '').trim().toLowerCase() || 'text/plain'
  const boundary = parameter(type, 'boundary')
  const isMultipart = mimeType.startsWith('multipart/') && boundary !== undefined
  const inner = isMultipart ? splitAt(body, boundary) : mimeType === 'message/rfc822' ? [body] : []
  return {
    partId,
    mimeType,
    filename:
      parameter(headerIn(headers, 'content-disposition') ?? '', 'filename') ?? parameter(type, 'name') ?? '',
    headers,
    body: isMultipart ? Buffer.alloc(0) : decode(body, headerIn(headers, 'content-transfer-encoding')),
    charset: parameter(type, 'charset') ?? 'utf-8',
    parts: inner.map((part, index) => parseParts(part, partId === '' ? `${index}` : `${partId}.${index}`)),
  }
}

/** The readable text of a mail: its first text/plain part, else its first text/html part without tags. */
export function readableText(root: Part): string {
  const leaves = flatten(root).filter((part) => part.filename === '')
  const plain = leaves.find((part) => part.mimeType === 'text/plain')
  if (plain) return decodeBytes(plain.body, plain.charset)
  const html = leaves.find((part) => part.mimeType === 'text/html')
  return html ? withoutTags(decodeBytes(html.body, html.charset)) : ''
}

export const flatten = (part: Part): Part[] => [part, ...part.parts.flatMap(flatten)]

function splitAt(body: string, boundary: string): string[] {
  const pieces = `\r\n${body}`.split(`\r\n--${boundary}`).slice(1)
  const end = pieces.findIndex((piece) => piece.startsWith('--'))
  return pieces.slice(0, end < 0 ? undefined : end).map((piece) => piece.replace(/^[ \t]*\r\n/, ''))
}

function decode(body: string, encoding = ''): Buffer {
  switch (encoding.trim().toLowerCase()) {
    case 'base64':
      return Buffer.from(body, 'base64')
    case 'quoted-printable':
      return unquote(body.replace(/[ \t]*=?[ \t]*\r\n/g, (end) => (end.includes('=') ? '' : '\r\n')))
    default:
      return Buffer.from(body, 'latin1')
  }
}

function parameter(field: string, name: string): string | undefined {
  const found = new RegExp(`;\\s*${name}\\s*=\\s*(?:"([^"]*)"|([^;\\s]+))`, 'i').exec(field)
  return found?.[1] ?? found?.[2]
}

const withoutTags = (html: string) =>
  html
    .replace(/<(style|script)\b[\s\S]*?<\/\1\s*>/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&nbsp;', ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
