import type { Request, RequestHandler, Response } from 'express'
import session from 'express-session'
import type { WebDependencies } from './dependencies.ts'

declare module 'express-session' {
  interface SessionData {
    isOperator: boolean
    /** Said once, on the next page. */
    flash: string
  }
}

const COOKIE = 'kindling'
const DAY_MS = 24 * 60 * 60_000
/** A visitor who has not signed in has a session only for the sign-in form's CSRF token. */
const VISITOR_MS = 60 * 60_000

export function sessions(deps: WebDependencies, isHttps: boolean): RequestHandler {
  return session({
    name: COOKIE,
    secret: deps.sessionSecrets,
    store: deps.sessionStore,
    resave: false,
    saveUninitialized: false,
    rolling: true,
    // Lax, because the way back from Google is a link from another site.
    cookie: { httpOnly: true, sameSite: 'lax', secure: isHttps, maxAge: VISITOR_MS },
  })
}

/**
 * Says something once, on the next page, and leads there. The session is saved first: express-session would send the
 * redirect before it has saved, and the browser can be back by then.
 */
export async function redirectSaying(request: Request, response: Response, path: string, flash: string) {
  request.session.flash = flash
  await saved(request)
  response.redirect(303, path)
}

/** Begins a session under a new id: an id that somebody planted in the browser beforehand is worth nothing. */
export async function signIn(request: Request): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    request.session.regenerate((error) => (error ? reject(error) : resolve()))
  })
  request.session.isOperator = true
  request.session.cookie.maxAge = 7 * DAY_MS
  await saved(request)
}

function saved(request: Request): Promise<void> {
  return new Promise((resolve, reject) => {
    request.session.save((error) => (error ? reject(error) : resolve()))
  })
}

export const signOut: RequestHandler = async (request, response) => {
  await new Promise<void>((resolve, reject) => {
    request.session.destroy((error) => (error ? reject(error) : resolve()))
  })
  response.clearCookie(COOKIE).redirect(303, '/sign-in')
}

/** Pages lead to the sign-in; anything else is refused, known path or not. */
export const requireOperator: RequestHandler = (request, response, next) => {
  // A request for no path (`OPTIONS *`) gets no session.
  const session: Request['session'] | undefined = request.session
  if (session?.isOperator) return next()
  const isPage = request.method === 'GET' || request.method === 'HEAD'
  if (isPage && request.get('HX-Request')) return void response.set('HX-Redirect', '/sign-in').sendStatus(401)
  if (isPage) return response.redirect('/sign-in')
  response.status(401).type('text').send('Sign in first.\n')
}
