import type { RequestHandler } from 'express'
import type { WebDependencies } from './dependencies.ts'
import { refusalView } from './notices-view.ts'
import { timeView } from './times.ts'

/** The banners of every page: that all sending is stopped, the OAuth clients that Google refuses now, and that it fails. */
export function showBanners({ dashboard, warmup }: WebDependencies): RequestHandler {
  return async (_request, response, next) => {
    const now = warmup.clock.now()
    const [refusals, { stoppedAt }] = await Promise.all([dashboard.refusals(), warmup.store.engine.get()])
    response.locals.refusals = refusals.map((refusal) => refusalView(refusal, now))
    response.locals.stopped = stoppedAt && timeView(stoppedAt, { now, zone: 'UTC' })
    next()
  }
}
