export type Header = { name: string; value: string }

/** Splits a mail (or a part of one) at its first empty line. */
export function splitHead(raw: string): { head: string; body: string } {
  if (raw.startsWith('\r\n')) return { head: '', body: raw.slice(2) }
  const end = raw.indexOf('\r\n\r\n')
  return end < 0 ? { head: raw, body: '' } : { head: raw.slice(0, end), body: raw.slice(end + 4) }
}

/** The header fields as they stand, each with its folded lines. */
export const fieldsOf = (head: string): string[] => head.split(/\r\n(?![ \t])/).filter((line) => line !== '')

/** Unfolded and decoded, as Gmail shows them in `payload.headers`. */
export function parseHeaders(head: string): Header[] {
  return fieldsOf(head).flatMap((field) => {
    const colon = field.indexOf(':')
    if (colon <= 0) return []
    const value = field.slice(colon + 1).replace(/\r\n/g, '')
    return [{ name: field.slice(0, colon).trim(), value: decodeWords(value.trim()) }]
  })
}

/** The headers of a whole mail. */
export const headersIn = (raw: string): Header[] => parseHeaders(splitHead(raw).head)

export function headerIn(headers: Header[], name: string): string | undefined {
  const wanted = name.toLowerCase()
  return headers.find((header) => header.name.toLowerCase() === wanted)?.value
}

/** The raw mail with the named field replaced in its place, or added at the end; undefined drops it. */
export function withField(raw: string, name: string, value: string | undefined): string {
  const { head, body } = splitHead(raw)
  const prefix = `${name.toLowerCase()}:`
  const line = value === undefined ? [] : [`${name}: ${value}`]
  const fields = fieldsOf(head)
  const index = fields.findIndex((field) => field.toLowerCase().startsWith(prefix))
  const rest = fields.filter((field) => !field.toLowerCase().startsWith(prefix))
  rest.splice(index < 0 ? rest.length : index, 0, ...line)
  return `${rest.join('\r\n')}\r\n\r\n${body}`
}

/** RFC 2047 encoded words; the white space between two neighbours is not text. */
function decodeWords(value: string): string {
  const text = /[\x80-\xff]/.test(value) ? decodeBytes(Buffer.from(value, 'latin1'), 'utf-8') : value
  return text
    .replace(/(=\?[^?\s]+\?[bq]\?[^?]*\?=)\s+(?==\?)/gi, '$1')
    .replace(/=\?([^?\s]+)\?([bq])\?([^?]*)\?=/gi, (_, charset: string, encoding: string, data: string) =>
      decodeBytes(
        encoding.toLowerCase() === 'b' ? Buffer.from(data, 'base64') : unquote(data.replaceAll('_', ' ')),
        charset.split('*')[0] ?? 'utf-8',
      ),
    )
}

export const unquote = (text: string): Buffer =>
  Buffer.from(
    text.replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )

export function decodeBytes(bytes: Buffer, charset: string): string {
  try {
    return new TextDecoder(charset).decode(bytes)
  } catch {
    return bytes.toString('latin1')
  }
}
