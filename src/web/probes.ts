import { Router } from 'express'
import type { Readiness, WebDependencies } from './dependencies.ts'

/** Longer than a stop, a start and a lease take together: then no worker runs, or none gets on. */
const LATE_AFTER_SECONDS = 300

/** For whoever keeps the processes running: no session, any Host. */
export function probes({ ready, tellMetrics, log }: WebDependencies): Router {
  const router = Router()

  router.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' })
  })

  router.get('/readyz', async (_request, response) => {
    try {
      const report = reportOf(await ready())
      response.status(report.status === 'unavailable' ? 503 : 200).json(report)
    } catch (err) {
      log.warn({ err }, 'the readiness check failed')
      response.status(503).json({ status: 'unavailable', parts: {} })
    }
  })

  router.get('/metrics', tellMetrics)

  return router
}

/** Late tasks are said and leave this process ready: its pages are where the operator looks for the reason. */
function reportOf({ parts, secondsOverdue }: Readiness) {
  const isReady = Object.values(parts).every((state) => state === 'ok')
  const isLate = secondsOverdue !== null && secondsOverdue > LATE_AFTER_SECONDS
  const late = `late: one has been due for ${Math.floor((secondsOverdue ?? 0) / 60)} minutes; see whether workers run`
  return {
    status: isReady ? (isLate ? 'late' : 'ok') : 'unavailable',
    parts: { ...parts, tasks: secondsOverdue === null ? 'not known' : isLate ? late : 'ok' },
    oldest_due_task_seconds: secondsOverdue === null ? null : Math.round(secondsOverdue),
  }
}
