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
