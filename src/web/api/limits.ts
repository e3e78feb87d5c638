import type { RequestHandler } from 'express'
import { rateLimit } from 'express-rate-limit'
import type { ApiKey } from '../../db/api-keys.ts'
import { ApiProblem } from './problems.ts'

/** At most so many calls a minute with one key, counted in this process. Stands below `requireKey`. */
export function limitPerKey(calls: number, name: string): RequestHandler {
  return rateLimit({
    windowMs: 60_000,
    limit: calls,
    identifier: name,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator: (_request, response) => String((response.locals.key as ApiKey).id),
    handler: (request, _response, next) => {
      const end = (request as unknown as { rateLimit: { resetTime: Date } }).rateLimit.resetTime.getTime()
      const wait = Math.max(1, Math.ceil((end - Date.now()) / 1000))
      next(
        new ApiProblem('rate_limited', `${calls} calls a minute are allowed here.`, {
          retry_after_seconds: wait,
        }),
      )
    },
  })
}
