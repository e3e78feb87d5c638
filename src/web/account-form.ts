import { z } from 'zod'
import {
  ACCOUNT_KINDS,
  type AccountSettings,
  DEFAULT_SETTINGS,
  HIGHEST_DAILY_LIMIT,
  SETTING_NAMES,
} from '../domain/account.ts'
import { isTimeZone } from '../domain/local-time.ts'
import { RAMPS } from '../domain/ramp.ts'
import { tidyHolidays, tidyHours } from '../domain/schedule.ts'
import { line, list, percent, percentText, text, wholeNumber } from './form-fields.ts'

/** What stands in the form's fields: text, as the operator typed it; of the days those that were ticked, with commas. */
export type FormValues = Record<keyof AccountSettings, string>
export type FormErrors = Partial<Record<keyof AccountSettings, string>>
export type Submitted =
  | { settings: AccountSettings; values: FormValues }
  | { settings: null; values: FormValues; errors: FormErrors }

/** The bounds of the number fields, as the operator reads them. */
export const RANGES = {
  openRate: { low: 0, high: 100 },
  replyRate: { low: 0, high: 100 },
  importantRate: { low: 0, high: 100 },
  starRate: { low: 0, high: 100 },
  rescueRate: { low: 0, high: 100 },
  primaryRate: { low: 0, high: 100 },
  dailyLimit: { low: 1, high: HIGHEST_DAILY_LIMIT },
  startVolume: { low: 1, high: 500 },
  dailyIncrease: { low: 0, high: 100 },
  dailyVariation: { low: 0, high: 50 },
  maintenanceVolume: { low: 0, high: HIGHEST_DAILY_LIMIT },
  minPauseMinutes: { low: 0, high: 240 },
} as const

const LONGEST_NAME = 60
const LONGEST_SIGNATURE = 500

const days = z
  .union([text, z.array(text)])
  .transform((value) => [value].flat().flatMap((part) => part.split(',')))
  .transform((parts) => [...new Set(parts.filter((part) => part !== ''))].map(Number).toSorted())
  .refine((numbers) => numbers.length > 0, 'Choose at least one day.')
  .refine(
    (numbers) => numbers.every((day) => [1, 2, 3, 4, 5, 6, 7].includes(day)),
    'Choose days of the week.',
  )

const signature = text
  .transform((value) => value.replaceAll('\r\n', '\n').trim())
  .refine((value) => value.length <= LONGEST_SIGNATURE, `At most ${LONGEST_SIGNATURE} characters.`)
  .refine((value) => !/[^\P{Cc}\n]|\p{Cf}/u.test(value), 'Enter lines of plain text.')

const schema = z.object({
  kind: text.pipe(z.enum(ACCOUNT_KINDS, 'Choose warmup, pool or vault.')),
  openRate: percent(RANGES.openRate),
  replyRate: percent(RANGES.replyRate),
  importantRate: percent(RANGES.importantRate),
  starRate: percent(RANGES.starRate),
  rescueRate: percent(RANGES.rescueRate),
  primaryRate: percent(RANGES.primaryRate),
  dailyLimit: wholeNumber(RANGES.dailyLimit),
  ramp: text.pipe(z.enum(RAMPS, 'Choose a ramp from the list.')),
  startVolume: wholeNumber(RANGES.startVolume),
  dailyIncrease: wholeNumber(RANGES.dailyIncrease),
  dailyVariation: percent(RANGES.dailyVariation),
  maintenanceVolume: wholeNumber(RANGES.maintenanceVolume),
  timeZone: text.refine(isTimeZone, 'Choose a time zone from the list.'),
  sendDays: days,
  sendHours: list(tidyHours),
  holidays: list(tidyHolidays),
  wakingHours: list(tidyHours),
  minPauseMinutes: wholeNumber(RANGES.minPauseMinutes),
  displayName: line(LONGEST_NAME),
  signature,
}) satisfies z.ZodType<AccountSettings>

/** Every form has these; what else is left out stays as it was. */
const REQUIRED = new Set<string>([
  'kind',
  'openRate',
  'replyRate',
  'dailyLimit',
  'startVolume',
  'dailyIncrease',
  'timeZone',
])

/** @param base what holds where the form says nothing */
export function readAccountForm(body: unknown, base: AccountSettings = DEFAULT_SETTINGS): Submitted {
  const sent = z.record(z.string(), z.unknown()).catch({}).parse(body)
  const unsaid = Object.fromEntries(Object.entries(valuesOf(base)).filter(([name]) => !REQUIRED.has(name)))
  const whole = { ...unsaid, ...sent }
  // Numbers are of the ramp `own`: a form that names them and no ramp means that one.
  if (sent.ramp === undefined && sent.startVolume !== undefined) whole.ramp = 'own'
  const values = Object.fromEntries(
    SETTING_NAMES.map((name) => [name, asTyped(whole[name], name)]),
  ) as FormValues
  const result = schema.safeParse(whole)
  if (result.success) return { settings: result.data, values }
  const errors: FormErrors = {}
  for (const issue of result.error.issues) errors[issue.path[0] as keyof AccountSettings] ??= issue.message
  return { settings: null, values, errors }
}

export function valuesOf(settings: AccountSettings): FormValues {
  return Object.fromEntries(
    SETTING_NAMES.map((name) => {
      const value = settings[name]
      if (Array.isArray(value)) return [name, value.join(name === 'sendDays' ? ',' : ', ')]
      return [name, PERCENTS.test(name) ? percentText(value as number) : String(value)]
    }),
  ) as FormValues
}

const PERCENTS = /(Rate|Variation)$/

export const DEFAULT_VALUES = valuesOf(DEFAULT_SETTINGS)

/** Of a field that was sent more than once, the first is shown again; of the days, all. */
function asTyped(value: unknown, name: string): string {
  if (name === 'sendDays' && Array.isArray(value)) return value.filter((part) => part !== '').join(',')
  const first: unknown = Array.isArray(value) ? value[0] : value
  return typeof first === 'string' ? first : ''
}
