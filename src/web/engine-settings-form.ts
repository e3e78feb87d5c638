import { z } from 'zod'
import { ENGINE_SETTING_NAMES, type EngineSettings, tidySelectors } from '../domain/engine.ts'
import { tidyLabelName } from '../domain/label-name.ts'
import { fewestMailDays } from '../domain/retention.ts'
import {
  asTyped,
  box,
  list,
  percent,
  percentText,
  sentenceOf,
  TICKED,
  text,
  wholeNumber,
} from './form-fields.ts'

/** What stands in the form's fields: text, as the operator typed it; of a box, TICKED or nothing. */
export type EngineValues = Record<keyof EngineSettings, string>
export type EngineErrors = Partial<Record<keyof EngineSettings, string>>
export type SubmittedEngine =
  | { settings: EngineSettings; values: EngineValues }
  | { settings: null; values: EngineValues; errors: EngineErrors }

/** The bounds of the number fields, as the operator reads them. */
export const ENGINE_RANGES = {
  maxTurns: { low: 2, high: 5 },
  coolDownDays: { low: 0, high: 60 },
  evidenceDays: { low: 1, high: 30 },
  watchShare: { low: 1, high: 100 },
  throttleShare: { low: 1, high: 100 },
  pauseShare: { low: 1, high: 100 },
  restDays: { low: 1, high: 30 },
  keepMailDays: { low: 16, high: 3650 },
  keepEventDays: { low: 7, high: 3650 },
  keepHandoutDays: { low: 1, high: 3650 },
  keepStatisticsDays: { low: 90, high: 3650 },
  keepInboxDays: { low: 1, high: 3650 },
} as const

const labelName = text.transform((value, context) => {
  try {
    return tidyLabelName(value)
  } catch (error) {
    context.addIssue({ code: 'custom', message: sentenceOf(error as RangeError) })
    return z.NEVER
  }
})

const schema = z
  .object({
    labelName,
    leavesInbox: box,
    maxTurns: wholeNumber(ENGINE_RANGES.maxTurns),
    coolDownDays: wholeNumber(ENGINE_RANGES.coolDownDays),
    evidenceDays: wholeNumber(ENGINE_RANGES.evidenceDays),
    watchShare: percent(ENGINE_RANGES.watchShare),
    throttleShare: percent(ENGINE_RANGES.throttleShare),
    pauseShare: percent(ENGINE_RANGES.pauseShare),
    restDays: wholeNumber(ENGINE_RANGES.restDays),
    needsAuthentication: box,
    dkimSelectors: list(tidySelectors),
    keepMailDays: wholeNumber(ENGINE_RANGES.keepMailDays),
    keepEventDays: wholeNumber(ENGINE_RANGES.keepEventDays),
    keepHandoutDays: wholeNumber(ENGINE_RANGES.keepHandoutDays),
    keepStatisticsDays: wholeNumber(ENGINE_RANGES.keepStatisticsDays),
    keepInboxDays: wholeNumber(ENGINE_RANGES.keepInboxDays),
  })
  .refine(({ watchShare, throttleShare }) => watchShare < throttleShare, {
    path: ['throttleShare'],
    message: 'Enter more than where “Watch” begins.',
  })
  .refine(({ throttleShare, pauseShare }) => throttleShare < pauseShare, {
    path: ['pauseShare'],
    message: 'Enter more than where “Throttled” begins.',
  })
  .superRefine(({ keepMailDays, keepEventDays, keepStatisticsDays, coolDownDays }, context) => {
    const fewest = fewestMailDays(coolDownDays)
    const refuse = (name: keyof EngineSettings, message: string) =>
      context.addIssue({ code: 'custom', path: [name], message })
    if (keepMailDays < fewest)
      return refuse('keepMailDays', `Enter at least ${fewest}: plans look back so far with this cool-down.`)
    if (keepEventDays > keepMailDays)
      refuse('keepEventDays', 'Enter no more than for conversations: events tell of their mail.')
    if (keepStatisticsDays < keepMailDays)
      refuse('keepStatisticsDays', 'Enter no less than for conversations, which end in them.')
  }) satisfies z.ZodType<EngineSettings>

export function readEngineForm(body: unknown): SubmittedEngine {
  const sent = z.record(z.string(), z.unknown()).catch({}).parse(body)
  const values = Object.fromEntries(
    ENGINE_SETTING_NAMES.map((name) => [name, asTyped(sent[name])]),
  ) as EngineValues
  const result = schema.safeParse(sent)
  if (result.success) return { settings: result.data, values }
  const errors: EngineErrors = {}
  for (const issue of result.error.issues) errors[issue.path[0] as keyof EngineSettings] ??= issue.message
  return { settings: null, values, errors }
}

export function engineValuesOf(settings: EngineSettings): EngineValues {
  return Object.fromEntries(
    ENGINE_SETTING_NAMES.map((name) => [name, valueText(name, settings[name])]),
  ) as EngineValues
}

function valueText(name: string, value: EngineSettings[keyof EngineSettings]): string {
  if (Array.isArray(value)) return value.join(', ')
  if (typeof value === 'boolean') return value ? TICKED : ''
  return name.endsWith('Share') ? percentText(value as number) : String(value)
}
