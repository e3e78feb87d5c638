/** A part of a mail, as Gmail's API has it with `format=full`. */
export type MailPart = {
  mimeType?: string | undefined
  body?: { data?: string | undefined } | undefined
  parts?: MailPart[] | undefined
}

/** Nested deeper, it is no mail that anybody wrote. */
const DEEPEST = 20

/** The plain text of a mail, or its HTML where it has none; empty where it has neither. */
export function textOfParts(payload: MailPart): string {
  return textOf(payload, 'text/plain', 0) ?? textOf(payload, 'text/html', 0) ?? ''
}

function textOf({ mimeType, body, parts = [] }: MailPart, wanted: string, depth: number): string | null {
  if (mimeType?.toLowerCase() === wanted && body?.data)
    return Buffer.from(body.data, 'base64url').toString('utf8')
  if (depth >= DEEPEST) return null
  for (const part of parts) {
    const text = textOf(part, wanted, depth + 1)
    if (text !== null) return text
  }
  return null
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

/** Gmail writes snippets for HTML. */
export function textOfSnippet(snippet: string): string {
  return snippet.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => ENTITIES[name] ?? '')
}
