import { z } from 'zod'
import {
  ACCOUNT_KINDS,
  type AccountSettings,
  DEFAULT_SETTINGS,
  HIGHEST_DAILY_LIMIT,
} from '../domain/account.ts'
import { isTimeZone } from '../domain/local-time.ts'

/** What stands in the form's fields: text, as the operator typed it. */
export type FormValues = Record<keyof AccountSettings, string>
export type FormErrors = Partial<Record<keyof AccountSettings, string>>
export type Submitted =
  | { settings: AccountSettings; values: FormValues }
  | { settings: null; values: FormValues; errors: FormErrors }

/** The bounds of the number fields, as the operator reads them. */
export const RANGES = {
  openRate: { low: 0, high: 100 },
  replyRate: { low: 0, high: 100 },
  dailyLimit: { low: 1, high: HIGHEST_DAILY_LIMIT },
  startVolume: { low: 1, high: 500 },
  dailyIncrease: { low: 0, high: 100 },
} as const

const text = z.string({
  error: ({ input }) => (input === undefined ? 'This field is missing.' : 'This field was sent twice.'),
})

function wholeNumber({ low, high }: { low: number; high: number }, kind = 'whole number') {
  const message = `Enter a ${kind} from ${low} to ${high}.`
  return text
    .trim()
    .regex(/^\d{1,9}$/, message)
    .transform(Number)
    .refine((number) => number >= low && number <= high, message)
}

const percent = (range: { low: number; high: number }) =>
  wholeNumber(range, 'whole percentage').transform((number) => number / 100)

const schema = z.object({
  kind: text.pipe(z.enum(ACCOUNT_KINDS, 'Choose warmup, pool or vault.')),
  openRate: percent(RANGES.openRate),
  replyRate: percent(RANGES.replyRate),
  dailyLimit: wholeNumber(RANGES.dailyLimit),
  startVolume: wholeNumber(RANGES.startVolume),
  dailyIncrease: wholeNumber(RANGES.dailyIncrease),
  timeZone: text.refine(isTimeZone, 'Choose a time zone from the list.'),
})
const FIELDS = Object.keys(schema.shape) as (keyof AccountSettings)[]

export function readAccountForm(body: unknown): Submitted {
  const sent = z.record(z.string(), z.unknown()).catch({}).parse(body)
  const values = Object.fromEntries(FIELDS.map((name) => [name, asTyped(sent[name])])) as FormValues
  const result = schema.safeParse(sent)
  if (result.success) return { settings: result.data, values }
  const errors: FormErrors = {}
  for (const issue of result.error.issues) errors[issue.path[0] as keyof AccountSettings] ??= issue.message
  return { settings: null, values, errors }
}

export function valuesOf(settings: AccountSettings): FormValues {
  return {
    kind: settings.kind,
    openRate: percentText(settings.openRate),
    replyRate: percentText(settings.replyRate),
    dailyLimit: String(settings.dailyLimit),
    startVolume: String(settings.startVolume),
    dailyIncrease: String(settings.dailyIncrease),
    timeZone: settings.timeZone,
  }
}

export const DEFAULT_VALUES = valuesOf(DEFAULT_SETTINGS)

/** Of a field that was sent more than once, the first is shown again. */
function asTyped(value: unknown): string {
  const first: unknown = Array.isArray(value) ? value[0] : value
  return typeof first === 'string' ? first : ''
}

function percentText(rate: number): string {
  return String(Math.round(rate * 100))
}
