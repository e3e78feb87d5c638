import { randomBytes } from 'node:crypto'
import type { ErrorRequestHandler, Response } from 'express'
import type { Logger } from '../../logger.ts'
import { bodyProblem } from './bodies.ts'
import { ApiProblem } from './problems.ts'

/** Callers get a problem; an error of ours goes to the log, and a reference ties the two together. */
export function handleApiError(log: Logger): ErrorRequestHandler {
  return (err: unknown, request, response, next) => {
    if (response.headersSent) return next(err)
    const problem = err instanceof ApiProblem ? err : bodyProblem(err)
    if (problem) return sendProblem(response, problem)
    const reference = randomBytes(4).toString('hex')
    log.error({ err, reference, method: request.method, path: request.path }, 'an API call broke')
    sendProblem(
      response,
      new ApiProblem('internal', `The log tells more, under the reference ${reference}.`, { reference }),
    )
  }
}

export function sendProblem(response: Response, { status, headers, document }: ApiProblem): void {
  response.status(status).set(headers).type('application/problem+json').json(document)
}
