import type { RequestHandler } from 'express'
import type { ApiKey } from '../../db/api-keys.ts'
import type { ApiScope } from '../../domain/api-key.ts'
import type { ApiDependencies } from './operation.ts'
import { ApiProblem } from './problems.ts'

/** Lets through who shows a valid key, which stands in `response.locals.key` from then on. */
export function requireKey({ warmup, wallNow }: ApiDependencies): RequestHandler {
  return async (request, response, next) => {
    const sent = request.get('authorization')?.match(/^Bearer +(\S+) *$/i)?.[1]
    const key = sent ? await warmup.store.apiKeys.use(sent, wallNow()) : null
    if (!key) {
      const detail = sent
        ? 'The key is unknown, revoked or past its end.'
        : 'Send an API key in the header Authorization: Bearer <key>.'
      throw new ApiProblem('unauthenticated', detail, {})
    }
    response.locals.key = key
    next()
  }
}

/** @throws ApiProblem `insufficient_scope` */
export function requireScope({ name, scopes }: ApiKey, needed: ApiScope | null): void {
  if (needed === null || scopes.includes(needed)) return
  const detail = `The key ${name} has ${scopes.join(', ') || 'no scope'}; this needs ${needed}.`
  throw new ApiProblem('insufficient_scope', detail, { needed_scope: needed })
}
