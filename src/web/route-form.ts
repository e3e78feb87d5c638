import { z } from 'zod'
import { MAIL_CLASSES } from '../domain/mail-class.ts'
import { ROUTE_TARGETS } from '../domain/mail-route.ts'
import type { RefusedRoute, WantedRoute } from '../warmup/inbox/mail-routes.ts'
import { asTyped, line, text } from './form-fields.ts'
import { CLASS_WORDS, sentence, TARGET_WORDS } from './words.ts'

const NAMES = ['name', 'account', 'class', 'sender', 'subject', 'label', 'target', 'destination'] as const
type FieldName = (typeof NAMES)[number]

/** What stands in the form's fields, as the operator typed it. */
export type RouteValues = Record<FieldName, string>
export type RouteErrors = Partial<Record<FieldName, string>>
export type SubmittedRoute =
  | { wanted: WantedRoute; values: RouteValues }
  | { wanted: null; values: RouteValues; errors: RouteErrors }

const ANY = 'any'
const LONGEST = { name: 60, part: 200, label: 100, destination: 2000 }
const ADDRESS = 'Enter an email address.'

export const EMPTY_ROUTE: RouteValues = {
  name: '',
  account: '',
  class: ANY,
  sender: '',
  subject: '',
  label: '',
  target: 'webhook',
  destination: '',
}

const isAddress = (address: string) => z.email().max(320).safeParse(address).success

const schema = z
  .object({
    name: line(LONGEST.name).refine(
      (name) => name !== '',
      `Enter a name of 1 to ${LONGEST.name} characters.`,
    ),
    account: text.trim().refine((address) => address === '' || isAddress(address), ADDRESS),
    class: text
      .pipe(z.enum([ANY, ...MAIL_CLASSES], 'Choose a class from the list.'))
      .transform((chosen) => (chosen === ANY ? null : chosen)),
    sender: line(LONGEST.part),
    subject: line(LONGEST.part),
    label: line(LONGEST.label),
    target: text.pipe(z.enum(ROUTE_TARGETS, 'Choose a webhook, a queue or mail.')),
    destination: line(LONGEST.destination),
  })
  .refine(({ target, destination }) => target !== 'mail' || isAddress(destination), {
    path: ['destination'],
    message: ADDRESS,
  }) satisfies z.ZodType<WantedRoute>

export function readRouteForm(body: unknown): SubmittedRoute {
  const sent = z.record(z.string(), z.unknown()).catch({}).parse(body)
  const values = Object.fromEntries(NAMES.map((name) => [name, asTyped(sent[name])])) as RouteValues
  const result = schema.safeParse(sent)
  if (result.success) return { wanted: result.data, values }
  const errors: RouteErrors = {}
  for (const issue of result.error.issues) errors[issue.path[0] as FieldName] ??= issue.message
  return { wanted: null, values, errors }
}

export function refusalErrors({ field, words }: RefusedRoute): RouteErrors {
  return { [field]: sentence(words) }
}

const TARGET_HINTS = {
  webhook: 'Posted as JSON to a URL, signed.',
  queue: 'A job in a BullMQ queue that workers of your own read, in the store that kindling’s queue is in.',
  mail: 'A mail that tells of it, to an address that is no account here.',
}
const NO_MAIL = 'Set SMTP_URL and NOTICE_MAIL_TO first: there is no mail server to send by.'

/** The fields of the form that adds a route, each with its message. */
export function routeFormView(values: RouteValues, errors: RouteErrors, { canMail }: { canMail: boolean }) {
  const field = (name: FieldName) => ({
    id: `route-${name}`,
    name,
    value: values[name],
    error: errors[name] ?? null,
  })
  return {
    hasErrors: Object.keys(errors).length > 0,
    name: field('name'),
    account: field('account'),
    class: {
      ...field('class'),
      choices: [
        { value: ANY, words: 'Any' },
        ...MAIL_CLASSES.map((value) => ({ value, words: CLASS_WORDS[value] })),
      ],
    },
    sender: field('sender'),
    subject: field('subject'),
    label: field('label'),
    target: {
      ...field('target'),
      choices: ROUTE_TARGETS.map((value) => ({
        value,
        words: TARGET_WORDS[value],
        hint: value === 'mail' && !canMail ? NO_MAIL : TARGET_HINTS[value],
        isOff: value === 'mail' && !canMail,
      })),
    },
    destination: field('destination'),
  }
}
