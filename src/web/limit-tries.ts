import type { RequestHandler } from 'express'
import { rateLimit } from 'express-rate-limit'

/** Tries that came to nothing are counted by address: after `tries` of them `refuse` answers for the rest of the window. */
export function limitTries(tries: number, windowMinutes: number, refuse: RequestHandler): RequestHandler {
  return rateLimit({ ...limits(tries, windowMinutes, refuse), skipSuccessfulRequests: true })
}

/** As `limitTries`, but what succeeds is counted too. */
export function limitUses(uses: number, windowMinutes: number, refuse: RequestHandler): RequestHandler {
  return rateLimit(limits(uses, windowMinutes, refuse))
}

function limits(limit: number, windowMinutes: number, refuse: RequestHandler) {
  return {
    windowMs: windowMinutes * 60_000,
    limit,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    handler: refuse,
    // No proxy's header is trusted, so the presence of one is no mistake.
    validate: { xForwardedForHeader: false, forwardedHeader: false },
  } as const
}
