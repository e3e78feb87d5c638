import { type Request, type Response, Router } from 'express'
import { OperatorError } from '../domain/errors.ts'
import { sendAgain } from '../warmup/send-notices.ts'
import { type AddedWebhook, addWebhook, removeWebhook, tryWebhook } from '../warmup/webhooks.ts'
import type { WebDependencies } from './dependencies.ts'
import { NotFound } from './errors.ts'
import { readForm } from './forms.ts'
import { readId } from './ids.ts'
import { loadNotices } from './notices-view.ts'
import type { Pages } from './pages.ts'
import { redirectSaying } from './sessions.ts'
import { sentence } from './words.ts'

const PATH = '/notices'

/** What the operator is told of, and where to. */
export function noticeRoutes({ warmup, dashboard }: WebDependencies, pages: Pages): Router {
  const router = Router()

  router.get(PATH, (request, response) => show(request, response))
  // Where a reload ends up after a form with mistakes.
  router.get(`${PATH}/webhooks`, (_request, response) => response.redirect(PATH))

  router.post(`${PATH}/webhooks`, ...readForm, async (request, response) => {
    const { url } = request.body as { url?: unknown }
    const text = typeof url === 'string' ? url.trim() : ''
    try {
      await show(request, response, { added: await addWebhook(warmup, text) })
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error
      await show(request, response, { text, problem: sentence(error.message) })
    }
  })

  router.post(`${PATH}/webhooks/:id/test`, ...readForm, async (request, response) => {
    const outcome = await tryWebhook(warmup, readId(request.params.id))
    if (!outcome) throw new NotFound()
    await redirectSaying(request, response, PATH, outcome)
  })

  router.post(`${PATH}/webhooks/:id/remove`, ...readForm, async (request, response) => {
    const removed = await removeWebhook(warmup, readId(request.params.id))
    await redirectSaying(
      request,
      response,
      PATH,
      removed ? 'The webhook is removed.' : 'It was gone already.',
    )
  })

  router.post(`${PATH}/deliveries/:id/send`, ...readForm, async (request, response) => {
    const sent = await sendAgain(warmup, readId(request.params.id))
    await redirectSaying(
      request,
      response,
      PATH,
      sent ? 'It is sent again.' : 'Nothing was changed: it is no failed message any more.',
    )
  })

  type Answer = {
    added?: AddedWebhook
    text?: string
    problem?: string
  }

  async function show(request: Request, response: Response, answer: Answer = {}): Promise<void> {
    const { added = null, text = '', problem = null } = answer
    pages.show(request, response, {
      view: 'pages/notices',
      title: 'Notices',
      status: problem === null ? 200 : 422,
      model: { ...(await loadNotices(dashboard, warmup)), added, text, problem },
    })
  }

  return router
}
