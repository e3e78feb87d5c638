import { type Request, type Response, Router } from 'express'
import {
  type AddedRoute,
  addRoute,
  removeRoute,
  replayHandoff,
  replayRoute,
} from '../warmup/inbox/mail-routes.ts'
import type { WebDependencies } from './dependencies.ts'
import { readForm } from './forms.ts'
import { HANDING_ON, loadHandingOn } from './handing-on-view.ts'
import { readId } from './ids.ts'
import type { Pages } from './pages.ts'
import {
  EMPTY_ROUTE,
  type RouteErrors,
  type RouteValues,
  readRouteForm,
  refusalErrors,
  routeFormView,
} from './route-form.ts'
import { redirectSaying } from './sessions.ts'
import { counted } from './words.ts'

/** Which mail is handed on to whom, and what could not be. */
export function handingOnRoutes({ warmup }: WebDependencies, pages: Pages): Router {
  const router = Router()

  router.get(HANDING_ON, (request, response) => show(request, response))

  // The answer itself shows a webhook's secret, which is shown nowhere else. Loading that page again finds the name taken.
  router.post(HANDING_ON, ...readForm, async (request, response) => {
    const submitted = readRouteForm(request.body)
    if (!submitted.wanted) return show(request, response, submitted)
    const result = await addRoute(warmup, submitted.wanted)
    if ('refused' in result)
      return show(request, response, { values: submitted.values, errors: refusalErrors(result.refused) })
    const { added } = result
    if (added.webhook) return show(request, response, { added })
    await redirectSaying(request, response, HANDING_ON, `The route “${added.name}” is added.`)
  })

  router.post(`${HANDING_ON}/:id/remove`, ...readForm, async (request, response) => {
    const removed = await removeRoute(warmup, readId(request.params.id))
    await redirectSaying(
      request,
      response,
      HANDING_ON,
      removed ? removedWords(removed) : 'It was gone already.',
    )
  })

  router.post(`${HANDING_ON}/:id/replay`, ...readForm, async (request, response) => {
    const mails = await replayRoute(warmup, readId(request.params.id))
    await redirectSaying(request, response, HANDING_ON, replayedWords(mails))
  })

  router.post('/handoffs/:id/replay', ...readForm, async (request, response) => {
    const mails = await replayHandoff(warmup, readId(request.params.id))
    await redirectSaying(request, response, HANDING_ON, replayedWords(mails))
  })

  type Answer = { added?: AddedRoute; values?: RouteValues; errors?: RouteErrors }

  async function show(request: Request, response: Response, answer: Answer = {}): Promise<void> {
    const { added = null, values = EMPTY_ROUTE, errors = {} } = answer
    const canMail = warmup.notifier.mail !== null
    const fields = routeFormView(values, errors, { canMail })
    pages.show(request, response, {
      view: 'pages/routes',
      title: 'Handing on',
      status: fields.hasErrors ? 422 : 200,
      model: { ...(await loadHandingOn(warmup, request.query)), fields, added },
    })
  }

  return router
}

function removedWords({ name, waiting }: { name: string; waiting: number }): string {
  const along = waiting > 0 ? `, and with it ${counted(waiting, 'mail')} that waited` : ''
  return `The route “${name}” is removed${along}.`
}

function replayedWords(mails: number): string {
  if (mails === 0) return 'Nothing was changed: there is nothing that was given up.'
  return `${counted(mails, 'mail')} that had been given up ${mails === 1 ? 'is' : 'are'} handed on anew.`
}
