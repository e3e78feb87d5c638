import { z } from 'zod'

export const MAIL_CLASSES = [
  'warmup',
  'reply',
  'bounce',
  'auto_reply',
  'newsletter',
  'security',
  'calendar',
  'other',
] as const
export type MailClass = (typeof MAIL_CLASSES)[number]

/** What a rule sees of a mail: nothing of its text. */
export type MailFacts = {
  /** It is one of the mails that kindling sent to this account. */
  isWarmup: boolean
  /** It answers, or is about, a warmup mail that this account sent. */
  isAboutWarmup: boolean
  from: string
  subject: string
  labels: readonly string[]
  /** By their names in small letters; of one that stands more than once, all values with line ends between. */
  headers: ReadonlyMap<string, string>
}

/** What a mail must be for a rule to hold: all that is said, texts as regular expressions that know no case. */
export type Conditions = {
  isWarmup?: boolean | undefined
  isAboutWarmup?: boolean | undefined
  from?: RegExp | undefined
  subject?: RegExp | undefined
  /** One of Gmail's labels, by its id: CATEGORY_PROMOTIONS, SPAM … */
  label?: string | undefined
  headers?: ReadonlyMap<string, RegExp> | undefined
}
export type MailRule = { name: string; class: MailClass; when: Conditions }

/** The first rule that holds says what a mail is; where none does, it is something else. */
export function classOf(
  mail: MailFacts,
  rules: readonly MailRule[],
): { class: MailClass; rule: string | null } {
  const rule = rules.find(({ when }) => holds(when, mail))
  return rule ? { class: rule.class, rule: rule.name } : { class: 'other', rule: null }
}

/** The names of the headers that rules look at. */
export function headersOf(rules: readonly MailRule[]): string[] {
  return [...new Set(rules.flatMap(({ when }) => [...(when.headers?.keys() ?? [])]))]
}

function holds({ isWarmup, isAboutWarmup, from, subject, label, headers }: Conditions, mail: MailFacts) {
  return (
    (isWarmup === undefined || mail.isWarmup === isWarmup) &&
    (isAboutWarmup === undefined || mail.isAboutWarmup === isAboutWarmup) &&
    (!from || from.test(mail.from)) &&
    (!subject || subject.test(mail.subject)) &&
    (label === undefined || mail.labels.includes(label)) &&
    [...(headers ?? [])].every(([name, value]) => value.test(mail.headers.get(name) ?? ''))
  )
}

const MOST_RULES = 200
const LONGEST = 500

const pattern = z
  .string()
  .max(LONGEST)
  .transform((text, context) => {
    try {
      return new RegExp(text, 'iu')
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message })
      return z.NEVER
    }
  })

const conditions = z
  .strictObject({
    isWarmup: z.boolean().optional(),
    isAboutWarmup: z.boolean().optional(),
    from: pattern.optional(),
    subject: pattern.optional(),
    label: z.string().max(LONGEST).optional(),
    headers: z
      .record(z.string().regex(/^[\x21-\x39\x3b-\x7e]{1,76}$/, 'expected the name of a header'), pattern)
      .transform((headers) => new Map(Object.entries(headers).map(([name, at]) => [name.toLowerCase(), at])))
      .optional(),
  })
  .refine((said) => Object.keys(said).length > 0, 'expected at least one condition')

const shape = z
  .array(
    z.strictObject({
      name: z.string().min(1).max(LONGEST),
      class: z.enum(MAIL_CLASSES),
      when: conditions,
    }),
  )
  .max(MOST_RULES)

/** Rules as a file tells them. @throws RangeError that names the place and what was expected there */
export function readMailRules(value: unknown): MailRule[] {
  const read = shape.safeParse(value)
  if (read.success) return read.data
  const [issue] = read.error.issues
  const place = issue?.path.map((part) => (typeof part === 'number' ? `rule ${part + 1}` : String(part)))
  throw new RangeError([place?.join(', '), issue?.message].filter((part) => part).join(': '))
}
