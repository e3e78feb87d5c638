import { csrfSync } from 'csrf-sync'
import { type RequestHandler, urlencoded } from 'express'

const csrf = csrfSync({
  getTokenFromRequest: (request) => {
    const token: unknown = request.body?._csrf
    return typeof token === 'string' ? token : undefined
  },
})

/** The token that a form must send back as `_csrf`. It lives as long as the session. */
export const csrfToken = csrf.generateToken

/** Reads a form of ours, and refuses one that another site sent. */
export const readForm: RequestHandler[] = [
  urlencoded({ extended: false, limit: '20kb', parameterLimit: 50 }),
  csrf.csrfSynchronisedProtection,
]
