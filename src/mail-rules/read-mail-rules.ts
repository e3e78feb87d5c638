import { z } from 'zod'
import { MAIL_CLASSES, type MailRule } from '../domain/mail-class.ts'

const MOST_RULES = 200
const LONGEST = 500
/** Of a value that is repeated in an error. */
const LONGEST_SHOWN = 100

const pattern = z
  .string()
  .max(LONGEST)
  .transform((text, context) => {
    try {
      return new RegExp(text, 'iu')
    } catch (error) {
      const why = (error as Error).message.replace(/^.*: /s, '')
      context.addIssue({ code: 'custom', message: `expected a regular expression (${why})` })
      return z.NEVER
    }
  })

/** RFC 5322, 3.6.8: printable characters but the colon. */
const HEADER_NAME = /^[\x21-\x39\x3b-\x7e]{1,76}$/

const headers = z.record(z.string(), pattern).transform((patterns, context) => {
  const byName = new Map<string, RegExp>()
  for (const [name, value] of Object.entries(patterns)) {
    const key = name.toLowerCase()
    const problem = !HEADER_NAME.test(name)
      ? 'expected the name of a header'
      : byName.has(key) && 'expected each header once, in whatever case'
    if (problem) context.addIssue({ code: 'custom', message: problem, path: [name] })
    byName.set(key, value)
  }
  return byName
})

/** An object with these keys and no others. */
function only<Shape extends z.ZodRawShape>(keys: Shape) {
  return z.strictObject(keys, {
    error: ({ code }) =>
      code === 'unrecognized_keys' ? `expected nothing but ${Object.keys(keys).join(', ')}` : undefined,
  })
}

const conditions = only({
  isWarmup: z.boolean().optional(),
  isAboutWarmup: z.boolean().optional(),
  from: pattern.optional(),
  subject: pattern.optional(),
  label: z.string().max(LONGEST).optional(),
  headers: headers.optional(),
}).refine((said) => Object.keys(said).length > 0, 'expected at least one condition')

const shape = z
  .array(only({ name: z.string().min(1).max(LONGEST), class: z.enum(MAIL_CLASSES), when: conditions }))
  .max(MOST_RULES)

/** Rules as a file tells them. @throws RangeError that names the place and what was expected there */
export function readMailRules(value: unknown): MailRule[] {
  const read = shape.safeParse(value)
  if (read.success) return read.data
  const [{ path, message }] = read.error.issues as [z.core.$ZodIssue]
  const place = path.map((part) => (typeof part === 'number' ? `rule ${part + 1}` : String(part)))
  // Zod begins its own with "Invalid input: ", "Too big: " …
  const expected = message.replace(/^[A-Z][a-z ]+: (?=expected )/, '')
  throw new RangeError(
    [...(place.length > 0 ? [place.join(', ')] : []), `${expected}, not ${shown(value, path)}`].join(': '),
  )
}

/** What stands there, or its beginning. */
function shown(value: unknown, path: readonly PropertyKey[]): string {
  const found = path.reduce<unknown>(
    (at, part) => (at as Record<PropertyKey, unknown> | undefined)?.[part],
    value,
  )
  const text = JSON.stringify(found) ?? 'nothing'
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text
}
