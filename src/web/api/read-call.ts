import { z } from 'zod'
import type { Operation } from './operation.ts'
import { ApiProblem } from './problems.ts'

type Place = 'path' | 'query' | 'body'
type InvalidField = { in: Place; path: string; problem: string; expected: string }
export type Sent = Record<Place, unknown>

/** An answer names no more than this, so that it is never much longer than what was sent. */
const MOST_ERRORS = 50

const NOTHING = z.strictObject({})

/** @throws ApiProblem `invalid_request` with everything that is wrong, as long as that is not very much */
export function readCall({ path = NOTHING, query = NOTHING, body, isBodySecret }: Operation, sent: Sent) {
  const errors: InvalidField[] = []
  const read = (place: Place, schema: z.ZodObject) => {
    const result = schema.safeParse(sent[place], { reportInput: true })
    if (result.success) return result.data
    const isSecret = place === 'body' && isBodySecret === true
    errors.push(...result.error.issues.flatMap((issue) => invalidFields(place, schema, issue, isSecret)))
    return {}
  }
  const fields = {
    path: read('path', path),
    query: read('query', query),
    body: body ? read('body', body) : {},
  }
  if (errors.length === 0) return fields
  const count = errors.length === 1 ? 'One field is' : `${errors.length} fields are`
  const left = errors.length > MOST_ERRORS ? ` The first ${MOST_ERRORS} of them are named.` : ''
  throw new ApiProblem('invalid_request', `${count} not as expected.${left}`, {
    errors: errors.slice(0, MOST_ERRORS),
  })
}

function invalidFields(
  place: Place,
  schema: z.ZodObject,
  issue: z.core.$ZodIssue,
  isSecret: boolean,
): InvalidField[] {
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(schema.shape)
    const expected = known.length > 0 ? `nothing but ${known.join(', ')}` : 'nothing here'
    return issue.keys.map((key) => ({
      in: place,
      path: key.slice(0, 100),
      problem: 'is not known',
      expected,
    }))
  }
  const expected = issue.path.length > 0 ? issue.message : 'a JSON object'
  return [{ in: place, path: nameOf(issue.path), problem: describe(issue.input, isSecret), expected }]
}

function nameOf(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${String(part)}`))
    .join('')
}

function describe(value: unknown, isSecret: boolean): string {
  if (value === undefined) return 'is missing'
  if (value === null) return 'is null'
  if (Array.isArray(value)) return 'is a list'
  if (typeof value === 'object') return 'is an object'
  if (typeof value !== 'string') return isSecret ? `is a ${typeof value}` : `is ${value}`
  return isSecret ? `is text of ${value.length} characters` : `is “${value.slice(0, 100)}”`
}
