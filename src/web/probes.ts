import { Router } from 'express'
import type { WebDependencies } from './dependencies.ts'

/** For whoever keeps the process running: no session, any Host. */
export function probes({ ready, log }: WebDependencies): Router {
  const router = Router()

  router.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' })
  })

  router.get('/readyz', async (_request, response) => {
    try {
      const parts = await ready()
      const isReady = Object.values(parts).every((state) => state === 'ok')
      response.status(isReady ? 200 : 503).json({ status: isReady ? 'ok' : 'unavailable', parts })
    } catch (err) {
      log.warn({ err }, 'the readiness check failed')
      response.status(503).json({ status: 'unavailable', parts: {} })
    }
  })

  return router
}
