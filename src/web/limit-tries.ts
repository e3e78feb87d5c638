import type { RequestHandler } from 'express'
import { rateLimit } from 'express-rate-limit'

/** Tries that came to nothing are counted by address: after `tries` of them `refuse` answers for the rest of the window. */
export function limitTries(tries: number, windowMinutes: number, refuse: RequestHandler): RequestHandler {
  return rateLimit({
    windowMs: windowMinutes * 60_000,
    limit: tries,
    skipSuccessfulRequests: true,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    handler: refuse,
    // No proxy's header is trusted, so the presence of one is no mistake.
    validate: { xForwardedForHeader: false, forwardedHeader: false },
  })
}
