import { z } from 'zod'
import type { MailPart } from './mail-text.ts'
import { unreadable } from './problems.ts'

// What is relied on in Gmail's answers, and no more: https://developers.google.com/workspace/gmail/api/reference/rest
// Lists that would be empty are left out of them. Reading one takes 0.1 to 1 µs.

const words = z.string().min(1)
const labelIds = z.array(z.string()).default([])
const headers = z.array(z.object({ name: z.string(), value: z.string() })).default([])
const payload = z.object({ headers }).default({ headers: [] })

export const NAMED = z.object({ id: words })
export const PROFILE = z.object({ emailAddress: words })
export const POSITION = z.object({ historyId: words })
export const DRAFT = z.object({ id: words, message: z.object({ threadId: words }) })
export const DRAFTS = z.object({ drafts: z.array(DRAFT).default([]) })
/** A message that was sent: without its ids it could never be found again. */
export const SENT = z.object({ id: words, threadId: words })
export const MESSAGES = z.object({ messages: z.array(NAMED).default([]) })
export const MESSAGE = z.object({ id: words, threadId: words, labelIds })
/** Of a message that was sent: when, in milliseconds since 1970, and its head. */
export const HEAD = z.object({ threadId: words, internalDate: z.coerce.number().int().positive(), payload })
export const HEADERS = z.object({ id: words, payload })
export const RAW = z.object({ raw: words })
/** With its id: a thread of which nothing is said is not a thread without messages. */
export const THREAD = z.object({
  id: words,
  messages: z.array(z.object({ id: words, labelIds, payload })).default([]),
})
export const LABELS = z.object({ labels: z.array(z.object({ id: words, name: words })).default([]) })

export const LISTED = MESSAGES.extend({ nextPageToken: words.optional() })
export const HISTORY = z.object({
  historyId: words,
  nextPageToken: words.optional(),
  history: z
    .array(z.object({ id: words, messagesAdded: z.array(z.object({ message: MESSAGE })).default([]) }))
    .default([]),
})
const part: z.ZodType<MailPart> = z.object({
  mimeType: z.string().optional(),
  body: z.object({ data: z.string().optional() }).optional(),
  get parts() {
    return z.array(part).optional()
  },
})
/** Who puts old mail into a mailbox may give it any time, before 1970 too: Postgres reads years of four digits. */
const LATEST = Date.UTC(9999, 11, 31)
export const INCOMING = MESSAGE.extend({
  snippet: z.string().default(''),
  sizeEstimate: z.number().int().nonnegative().default(0),
  internalDate: z.coerce
    .number()
    .int()
    .transform((time) => Math.min(Math.max(time, 0), LATEST)),
  payload: part.and(z.object({ headers })).default({ headers: [] }),
})
export const WATCH = z.object({ expiration: z.coerce.number().int().positive() })

/** @throws GoogleError naming the first thing that is not as it should be */
export function readShape<Shape extends z.ZodType>(
  method: string,
  shape: Shape,
  body: unknown,
): z.output<Shape> {
  const read = shape.safeParse(body)
  if (read.success) return read.data
  const [issue] = read.error.issues
  const where = issue?.path.length ? `${issue.path.join('.')}: ` : ''
  throw unreadable(`Gmail’s answer to ${method} is not what it should be: ${where}${issue?.message}`)
}
