import { z } from 'zod'
import type { FetchSettings } from '../db/mailboxes.ts'
import { SYNC_MINUTES } from '../domain/inbox.ts'
import { asTyped, box, line, TICKED, wholeNumber } from './form-fields.ts'

/** What stands in the form's fields: text, as the operator typed it; of a box, TICKED or nothing. */
export type FetchingValues = Record<'isFetched' | keyof FetchSettings, string>
export type FetchingErrors = Partial<Record<keyof FetchingValues, string>>
export type SubmittedFetching =
  | { settings: FetchSettings; values: FetchingValues }
  | { settings: null; values: FetchingValues; errors: FetchingErrors }

const LONGEST_FILTER = 500

const rest = { filter: line(LONGEST_FILTER), keepsBodies: box }
const fetched = z.object({ everyMinutes: wholeNumber(SYNC_MINUTES), ...rest })
/** Of what is not fetched, how often does not matter. */
const unfetched = z.object({ everyMinutes: z.unknown().transform(() => null), ...rest })

export function readFetchingForm(body: unknown): SubmittedFetching {
  const sent = z.record(z.string(), z.unknown()).catch({}).parse(body)
  const values = {
    isFetched: asTyped(sent.isFetched),
    everyMinutes: asTyped(sent.everyMinutes),
    filter: asTyped(sent.filter),
    keepsBodies: asTyped(sent.keepsBodies),
  }
  const schema = box.parse(sent.isFetched) ? fetched : unfetched
  const result = schema.safeParse(sent)
  if (result.success) return { settings: result.data, values }
  const errors: FetchingErrors = {}
  for (const issue of result.error.issues) errors[issue.path[0] as keyof FetchingValues] ??= issue.message
  return { settings: null, values, errors }
}

export function fetchingValuesOf({ everyMinutes, filter, keepsBodies }: FetchSettings): FetchingValues {
  return {
    isFetched: everyMinutes === null ? '' : TICKED,
    everyMinutes: String(everyMinutes ?? SYNC_MINUTES.default),
    filter,
    keepsBodies: keepsBodies ? TICKED : '',
  }
}

/** The fields of the form, each with its message. */
export function fetchingFormView(values: FetchingValues, errors: FetchingErrors = {}) {
  const field = (name: keyof FetchingValues) => ({
    id: `fetching-${name}`,
    name,
    value: values[name],
    error: errors[name] ?? null,
  })
  return {
    hasErrors: Object.keys(errors).length > 0,
    isFetched: field('isFetched'),
    everyMinutes: {
      ...field('everyMinutes'),
      label: 'Every, minutes',
      hint: `From ${SYNC_MINUTES.low} to ${SYNC_MINUTES.high}, which is once a day.`,
      min: SYNC_MINUTES.low,
      max: SYNC_MINUTES.high,
    },
    filter: field('filter'),
    keepsBodies: field('keepsBodies'),
  }
}
