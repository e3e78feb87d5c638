import { z } from 'zod'
import {
  createDocument,
  type ZodOpenApiObject,
  type ZodOpenApiOperationObject,
  type ZodOpenApiOverrideContext,
  type ZodOpenApiResponseObject,
} from 'zod-openapi'
import { CALLS_PER_MINUTE } from './allowances.ts'
import { type Operation, problemsOf } from './operation.ts'
import { PROBLEMS } from './problem-kinds.ts'
import { PROBLEM_CODES, PROBLEM_SHAPES, type ProblemCode } from './problems.ts'

export type ApiDocument = ReturnType<typeof createDocument>

/** The OpenAPI document of the very schemas that requests are validated with. */
export function createApiDocument(operations: readonly Operation[]): ApiDocument {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {}
  for (const operation of operations)
    paths[operation.route] = { ...paths[operation.route], [operation.method]: described(operation) }
  const document: ZodOpenApiObject = {
    openapi: '3.1.0',
    info: {
      title: 'kindling',
      version: '1',
      description: `Valid access tokens of the mailboxes that kindling keeps, the accounts they belong to, and the mail that came into them. Answers and bodies are JSON; problems are RFC 9457 documents. No answer may be cached. A key may call ${CALLS_PER_MINUTE} times a minute in all.`,
    },
    servers: [{ url: '/api/v1' }],
    tags: [...new Set(operations.map(({ group }) => group))].map((name) => ({ name })),
    paths,
    components: {
      schemas: unusedProblems(operations),
      securitySchemes: {
        api_key: {
          type: 'http',
          scheme: 'bearer',
          description: 'An API key, which an operator makes. Its scopes say what it may do.',
        },
      },
    },
  }
  return createDocument(document, { override: tidied })
}

/** An unknown method belongs to no operation, and has its problem all the same. */
function unusedProblems(operations: readonly Operation[]): Record<string, z.ZodObject> {
  const used = new Set(operations.flatMap(problemsOf))
  const shapes = PROBLEM_CODES.filter((code) => !used.has(code)).map((code) => PROBLEM_SHAPES[code])
  return Object.fromEntries(shapes.map((shape) => [z.globalRegistry.get(shape)?.id as string, shape]))
}

/** Zod leaves out the default and the examples of what it transforms, and adds patterns and bounds that say nothing. */
function tidied({ zodSchema, jsonSchema }: ZodOpenApiOverrideContext): void {
  const { def } = zodSchema._zod
  if (def.type === 'default') jsonSchema.default = (def as z.core.$ZodDefaultDef).defaultValue
  const examples = z.globalRegistry.get(zodSchema)?.examples
  if (examples) jsonSchema.examples = examples as unknown[]
  if (jsonSchema.format) delete jsonSchema.pattern
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
}

function described(operation: Operation): ZodOpenApiOperationObject {
  const { id, group, summary, description, scope, path, query, body, answers } = operation
  return {
    operationId: id,
    tags: [group],
    summary,
    description,
    security: [{ api_key: scope ? [scope] : [] }],
    requestParams: { ...(path ? { path } : {}), ...(query ? { query } : {}) },
    ...(body
      ? {
          requestBody: {
            required: !body.safeParse({}).success,
            content: { 'application/json': { schema: body } },
          },
        }
      : {}),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, { means, shape }]) => [status, answered(means, shape)]),
      ),
      ...refusals(problemsOf(operation)),
    },
  }
}

const NEVER_CACHED = {
  'Cache-Control': { required: true, schema: { type: 'string', const: 'no-store' } },
} as const

function answered(description: string, shape: z.ZodType | null): ZodOpenApiResponseObject {
  return {
    description,
    headers: NEVER_CACHED,
    ...(shape ? { content: { 'application/json': { schema: shape } } } : {}),
  }
}

/** One answer a status, which may have several problems. */
function refusals(codes: readonly ProblemCode[]): Record<string, ZodOpenApiResponseObject> {
  const byStatus = Map.groupBy(codes, (code) => PROBLEMS[code].status)
  return Object.fromEntries(
    [...byStatus].map(([status, members]) => [
      String(status),
      {
        description: members.map((code) => PROBLEMS[code].title).join(', or: '),
        headers: { ...NEVER_CACHED, ...headersOf(members) },
        content: { 'application/problem+json': { schema: shapeOf(members) } },
      },
    ]),
  )
}

function headersOf(codes: readonly ProblemCode[]) {
  const headers = codes.flatMap((code) => {
    const problem = PROBLEMS[code]
    return 'headers' in problem ? Object.entries(problem.headers) : []
  })
  return Object.fromEntries(
    headers.map(([name, { means }]) => [name, { description: means, schema: { type: 'string' } } as const]),
  )
}

function shapeOf(codes: readonly ProblemCode[]): z.ZodType {
  const shapes = codes.map((code) => PROBLEM_SHAPES[code])
  return shapes.length === 1 ? (shapes[0] as z.ZodObject) : z.union(shapes)
}
