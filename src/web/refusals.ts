import type { RequestHandler } from 'express'
import type { WebDependencies } from './dependencies.ts'
import { refusalView } from './notices-view.ts'

/** The banner of every page: OAuth clients that Google refuses now. */
export function showRefusals({ dashboard, warmup }: WebDependencies): RequestHandler {
  return async (_request, response, next) => {
    const refusals = await dashboard.refusals()
    response.locals.refusals = refusals.map((refusal) => refusalView(refusal, warmup.clock.now()))
    next()
  }
}
