import type { z } from 'zod'
import type { ApiKey } from '../../db/api-keys.ts'
import type { ApiScope } from '../../domain/api-key.ts'
import type { Warmup } from '../../warmup/dependencies.ts'
import type { ProblemCode } from './problems.ts'

export type Method = 'get' | 'put' | 'post' | 'delete'
/** What an operation answers, by status; `shape` is null where there is no body. */
export type Answers = Record<number, { means: string; shape: z.ZodType | null }>
type AnswerOf<A extends Answers> = {
  [Status in keyof A & number]: {
    status: Status
    body: A[Status]['shape'] extends z.ZodType ? z.input<A[Status]['shape']> : null
  }
}[keyof A & number]

/** An answer whose status is known to the compiler. */
export function answer<Status extends number, Body>(status: Status, body: Body) {
  return { status, body }
}

/** What every operation works with. */
export type ApiDependencies = { warmup: Warmup; wallNow: () => Date }

export type Call<
  Path extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodObject = z.ZodObject,
> = ApiDependencies & {
  key: ApiKey
  path: z.output<Path>
  query: z.output<Query>
  body: z.output<Body>
}

/** One operation, from which both its route and its part of the OpenAPI document are made. */
export type Operation<
  Path extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodObject = z.ZodObject,
  A extends Answers = Answers,
> = {
  id: string
  group: string
  method: Method
  /** Below /api/v1, with parameters in braces. */
  route: string
  summary: string
  description: string
  /** What the key must be allowed to do; null where any valid key will do. */
  scope: ApiScope | null
  path?: Path
  query?: Query
  body?: Body
  /** No problem repeats a value of the body. */
  isBodySecret?: boolean
  /** Calls a minute with one key, where they are fewer than for all operations together. */
  callsPerMinute?: number
  answers: A
  /** Besides those that every operation of its form can have. */
  problems: ProblemCode[]
  handle(call: Call<Path, Query, Body>): Promise<AnswerOf<A>>
}

/** Ties the types of an operation's parts together. */
export function operation<
  const A extends Answers,
  Path extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodObject = z.ZodObject,
>(parts: Operation<Path, Query, Body, A>): Operation {
  return parts as unknown as Operation
}

/** All problems that an operation can answer with. */
export function problemsOf({ route, scope, path, body, problems }: Operation): ProblemCode[] {
  return [
    ...(path || body ? (['unreadable'] as const) : []),
    'unauthenticated',
    ...(scope ? (['insufficient_scope'] as const) : []),
    ...(route.includes('{account}') ? (['not_found'] as const) : []),
    ...(body ? (['too_large', 'unsupported_media_type'] as const) : []),
    'invalid_request',
    ...problems,
    'rate_limited',
    'internal',
  ]
}
