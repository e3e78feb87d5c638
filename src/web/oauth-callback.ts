import { Router } from 'express'
import { type Callback, finishConnecting } from '../warmup/connect-account.ts'
import { explainFailure } from './connect-failures.ts'
import type { WebDependencies } from './dependencies.ts'
import type { Pages } from './pages.ts'
import { redirectSaying } from './sessions.ts'

/** Where Google sends the mailbox's owner back to. The state stands for the visit; a session is not needed. */
export function oauthCallback({ warmup, wallNow, baseUrl, log }: WebDependencies, pages: Pages): Router {
  const router = Router()
  const { host } = new URL(baseUrl)

  router.get('/oauth/google/callback', async (request, response) => {
    const isOperator = request.session.isOperator === true
    const result = await finishConnecting(warmup, callbackOf(request.query), wallNow())
    if ('failure' in result) {
      const { status, ...failure } = explainFailure(result.failure, isOperator ? 'operator' : 'owner')
      log.info({ failure: result.failure.kind }, 'no account was connected')
      return pages.show(request, response, {
        view: 'pages/connect-failed',
        title: failure.title,
        status,
        model: { failure },
      })
    }
    const { account, isNew } = result
    const { email } = account
    if (!isOperator)
      return pages.show(request, response, {
        view: 'pages/connected',
        title: 'Connected',
        model: { email, host },
      })
    const message = isNew
      ? `${email} is connected.`
      : `${email} was connected before: its token is renewed, its settings and progress are kept.`
    await redirectSaying(request, response, `/accounts/${account.id}`, message)
  })

  return router
}

function callbackOf(query: Record<string, unknown>): Callback {
  const callback: Callback = {}
  for (const name of ['state', 'code', 'error'] as const) {
    const value = query[name]
    if (typeof value === 'string') callback[name] = value
  }
  return callback
}
