import { type RequestHandler, Router, urlencoded } from 'express'
import type { AccountKind } from '../domain/account.ts'
import { scopesToAsk } from '../domain/token.ts'
import { followConnectLink, openConnectLink } from '../warmup/connect-link.ts'
import type { WebDependencies } from './dependencies.ts'
import { limitTries, limitUses } from './limit-tries.ts'
import type { Pages } from './pages.ts'
import { permissionView } from './scope-words.ts'

const TRIES = 30
/** Each use of a good link keeps a visit to Google. */
const USES = 60
const WINDOW_MINUTES = 15

/**
 * Where the owner of a mailbox connects it, without a session: the link is all that it takes, so its form needs no
 * CSRF token. Looking at the page uses nothing up, as mail programs open links ahead of their readers.
 */
export function connectLinkRoutes({ warmup, wallNow, baseUrl }: WebDependencies, pages: Pages): Router {
  const router = Router()
  const { host } = new URL(baseUrl)
  const refuse: RequestHandler = (request, response) =>
    pages.show(request, response, {
      view: 'pages/connect-link-limited',
      title: 'Too many tries',
      status: 429,
      model: { minutes: WINDOW_MINUTES },
    })
  const showOver: RequestHandler = (request, response) =>
    pages.show(request, response, {
      view: 'pages/connect-link-over',
      title: 'This link is over',
      status: 410,
    })

  // Behind a proxy all visitors have one address: bad links, which are tries, keep no good one from working.
  const refuseLink = [limitTries(TRIES, WINDOW_MINUTES, refuse), showOver]

  router.get(
    '/connect',
    async (request, response, next) => {
      const link = textOf(request.query.link)
      const offer = await openConnectLink(warmup, link, wallNow())
      if (!offer) return next()
      const { email, settings, extraScopes } = offer
      pages.show(request, response, {
        view: 'pages/connect',
        title: `Connect ${email}`,
        model: {
          email,
          host,
          link,
          use: USE[settings.kind],
          permissions: scopesToAsk(settings.kind, extraScopes).map(permissionView),
        },
      })
    },
    ...refuseLink,
  )

  router.post(
    '/connect',
    urlencoded({ extended: false, limit: '20kb', parameterLimit: 50 }),
    async (request, _response, next) => {
      const offer = await openConnectLink(warmup, textOf(request.body?.link), wallNow())
      next(offer ? undefined : 'route')
    },
    limitUses(USES, WINDOW_MINUTES, refuse),
    async (request, response, next) => {
      const consentUrl = await followConnectLink(warmup, textOf(request.body?.link), wallNow())
      if (consentUrl === null) return next()
      response.redirect(303, consentUrl)
    },
  )
  router.post('/connect', ...refuseLink)

  return router
}

/** What becomes of a mailbox, in words for its owner. */
const USE: Record<AccountKind, string> = {
  warmup:
    'It takes part in an email warmup: kindling sends short, friendly mails from it to other mailboxes of the same operator, and reads and answers some of theirs.',
  pool: 'It takes part in an email warmup: other mailboxes of the same operator write to it, and kindling reads some of that mail, takes it out of spam, and answers some of it.',
  vault:
    'It takes no part in warmup: kindling only keeps the access for other programs of whoever sent you this link.',
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
