import { createHash, timingSafeEqual } from 'node:crypto'
import { type Request, type RequestHandler, Router } from 'express'
import type { WebDependencies } from './dependencies.ts'
import { csrfToken, readForm } from './forms.ts'
import { limitTries, limitUses } from './limit-tries.ts'
import type { Pages } from './pages.ts'
import { signIn, signOut } from './sessions.ts'

const TRIES = 10
const WINDOW_MINUTES = 15
/** The form’s token needs a session, which is a row: nobody fills the table by looking at the form. */
const NEWCOMERS = 300

/** A one-time link, or the operator's password where one is set. */
export function signInRoutes(deps: WebDependencies, pages: Pages): Router {
  const { operatorPassword, warmup, wallNow, log } = deps
  const router = Router()
  const show = (problem: string | null, status: number): RequestHandler => {
    return (request, response) => {
      const beginsNone = operatorPassword === undefined || (status === 429 && isNew(request))
      const formToken = beginsNone ? null : csrfToken(request)
      pages.show(request, response, {
        view: 'pages/sign-in',
        title: 'Sign in',
        status,
        model: { problem, formToken },
      })
    }
  }
  const form = show(null, 200)
  const usedLink = show('This link was used before, or it is older than a day. Ask for another one.', 401)
  const wrongPassword = show('That is not the password.', 401)
  const tooMany = show(`That was one try too many. Wait ${WINDOW_MINUTES} minutes, then try again.`, 429)
  const limitNewcomers = limitUses(NEWCOMERS, WINDOW_MINUTES, tooMany)
  const limited = () => limitTries(TRIES, WINDOW_MINUTES, tooMany)

  // Behind a proxy all visitors have one address: nobody's tries keep a good link from working, which can't be guessed.
  const signInByLink: RequestHandler = async (request, response, next) => {
    const { token } = request.query
    if (request.session.isOperator) return response.redirect('/')
    // A HEAD comes from something that looks ahead, not from the operator.
    if (typeof token !== 'string' || request.method === 'HEAD') return next('route')
    if (!(await warmup.store.oneTime.redeemSignIn(token, wallNow()))) return next()
    await signIn(request)
    log.info({ by: 'link' }, 'operator signed in')
    response.redirect(303, '/')
  }
  router.get('/sign-in', signInByLink, limited(), usedLink)
  router.get(
    '/sign-in',
    (request, response, next) => (isNew(request) ? limitNewcomers(request, response, next) : next()),
    form,
  )

  // A password can be guessed: after too many tries the right one has to wait too.
  router.post('/sign-in', limited(), ...readForm, async (request, response, next) => {
    const { password } = request.body as { password?: unknown }
    if (operatorPassword === undefined || !isSame(password, operatorPassword))
      return wrongPassword(request, response, next)
    await signIn(request)
    log.info({ by: 'password' }, 'operator signed in')
    response.redirect(303, '/')
  })

  return router
}

export function signOutRoutes(): Router {
  return Router().post('/sign-out', ...readForm, signOut)
}

function isNew({ session }: Request): boolean {
  return session.csrfToken === undefined
}

/** Hashes have one length, and comparing them takes the same time wherever they differ. */
function isSame(given: unknown, expected: string): boolean {
  return typeof given === 'string' && timingSafeEqual(hashOf(given), hashOf(expected))
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
