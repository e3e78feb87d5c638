import { z } from 'zod'
import { API_SCOPES, type ApiScope } from '../domain/api-key.ts'

/** How long a key may live, in days; null for one that never ends. */
export const LIFETIMES = { '30': 30, '90': 90, '365': 365, never: null } as const
type Lifetime = keyof typeof LIFETIMES
const LIFETIME_NAMES = Object.keys(LIFETIMES) as Lifetime[]

export const NAME_LENGTH = 60

/** What stands in the form's fields, as the operator typed it. */
export type ApiKeyValues = { name: string; scopes: string[]; lifetime: string }
export type ApiKeyErrors = Partial<Record<keyof ApiKeyValues, string>>
export type WantedKey = { name: string; scopes: ApiScope[]; lifetimeDays: number | null }
export type SubmittedKey =
  | { wanted: WantedKey; values: ApiKeyValues }
  | { wanted: null; values: ApiKeyValues; errors: ApiKeyErrors }

export const EMPTY_KEY: ApiKeyValues = { name: '', scopes: [], lifetime: '90' }

const NAME_ERROR = `Enter a name of 1 to ${NAME_LENGTH} characters.`

const schema = z.object({
  name: z
    .string(NAME_ERROR)
    .trim()
    .regex(/^\P{Cc}+$/u, NAME_ERROR)
    .refine((name) => [...name].length <= NAME_LENGTH, NAME_ERROR),
  scopes: z
    .array(z.enum(API_SCOPES, 'Choose from the permissions below.'))
    .min(1, 'Choose at least one permission.')
    .transform((chosen) => API_SCOPES.filter((scope) => chosen.includes(scope))),
  lifetime: z.enum(LIFETIME_NAMES, 'Choose 30 days, 90 days, 1 year or never.'),
})

export function readApiKeyForm(body: unknown): SubmittedKey {
  const sent = z.record(z.string(), z.unknown()).catch({}).parse(body)
  const values = {
    name: textsOf(sent.name)[0] ?? '',
    scopes: textsOf(sent.scopes),
    lifetime: textsOf(sent.lifetime)[0] ?? '',
  }
  const result = schema.safeParse(values)
  if (result.success) {
    const { name, scopes, lifetime } = result.data
    return { wanted: { name, scopes, lifetimeDays: LIFETIMES[lifetime] }, values }
  }
  const errors: ApiKeyErrors = {}
  for (const { path, message } of result.error.issues) errors[path[0] as keyof ApiKeyValues] ??= message
  return { wanted: null, values, errors }
}

/** A box that was ticked comes as a text, several of one name as a list. */
function textsOf(value: unknown): string[] {
  return [value].flat().filter((item) => typeof item === 'string')
}
