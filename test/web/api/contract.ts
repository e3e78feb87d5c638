import { z } from 'zod'
import { API_DOCUMENT } from '../../../src/web/api/operations.ts'
import { PROBLEM_SHAPES, type ProblemCode } from '../../../src/web/api/problems.ts'

type Schema = Parameters<typeof z.fromJSONSchema>[0] & object
type Media = Record<string, { schema: Schema }>
type Described = { responses: Record<string, { content?: Media }> }
export type Answer = { status: number; headers: Headers; text: string }

const definitions = local(API_DOCUMENT.components?.schemas ?? {})

/** Everything that an answer has to be, by the API's own description. @throws naming what it is not */
export function checkAnswer(method: string, path: string, answer: Answer): void {
  const place = `${method} ${path} ${answer.status}`
  const { headers, status } = answer
  if (headers.get('cache-control') !== 'no-store') throw new Error(`${place}: may be cached`)
  if (headers.has('set-cookie')) throw new Error(`${place}: sets a cookie`)
  const described = operationOf(method, path)?.responses[String(status)]
  if (described) checkDescribed(place, answer, described)
  else checkUndescribed(place, answer)
}

function checkDescribed(place: string, { headers, text }: Answer, described: { content?: Media }): void {
  const [media] = Object.entries(described.content ?? {})
  if (!media && text === '') return
  if (!media) throw new Error(`${place}: expected no body`)
  const [type, { schema }] = media
  if (!headers.get('content-type')?.startsWith(type)) throw new Error(`${place}: expected ${type}`)
  const validator = z.fromJSONSchema({ ...local(schema), $defs: definitions } as Schema)
  const result = validator.safeParse(JSON.parse(text))
  if (!result.success) throw new Error(`${place}: ${z.prettifyError(result.error)} in ${text}`)
}

/** Paths and methods that the description does not know have problems all the same. */
function checkUndescribed(place: string, { status, text }: Answer): void {
  const code = JSON.parse(text).type?.replace('/docs#', '') as ProblemCode
  if (![401, 404, 405, 429].includes(status) || !PROBLEM_SHAPES[code]?.safeParse(JSON.parse(text)).success)
    throw new Error(`${place}: not described: ${text}`)
}

function operationOf(method: string, path: string): Described | undefined {
  const bare = path.replace(/\?.*$/, '')
  for (const [template, item] of Object.entries(API_DOCUMENT.paths ?? {})) {
    const pattern = new RegExp(`^/api/v1${template.replace('.', '[.]').replaceAll(/\{\w+\}/g, '[^/]+')}$`)
    const described = (item as Record<string, Described>)[method.toLowerCase()]
    if (described && pattern.test(bare)) return described
  }
  return undefined
}

/** With references to `$defs`, where a schema that stands alone has its definitions. */
function local<T>(schema: T): T {
  return JSON.parse(JSON.stringify(schema).replaceAll('#/components/schemas/', '#/$defs/')) as T
}
