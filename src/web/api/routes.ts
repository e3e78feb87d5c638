import { type RequestHandler, Router } from 'express'
import type { ApiKey } from '../../db/api-keys.ts'
import type { WebDependencies } from '../dependencies.ts'
import { CALLS_PER_MINUTE } from './allowances.ts'
import { readBody } from './bodies.ts'
import { handleApiError, sendProblem } from './errors.ts'
import { requireKey, requireScope } from './keys.ts'
import { limitPerKey } from './limits.ts'
import type { Operation } from './operation.ts'
import { API_DOCUMENT, OPERATIONS } from './operations.ts'
import { ApiProblem } from './problems.ts'
import { readCall } from './read-call.ts'

const ROOT = '/v1'

/**
 * The API, at `/api`. A key is sent by nobody but who means to, so any Host may be asked, and neither sessions nor CSRF
 * tokens have a part in it.
 */
export function apiRoutes(deps: WebDependencies): Router {
  const router = Router({ strict: true, caseSensitive: true })
  router.use(neverCached)
  router.get(`${ROOT}/openapi.json`, leaveToSession)
  router.use(requireKey(deps), limitPerKey(CALLS_PER_MINUTE, 'all'))
  for (const [path, operations] of Map.groupBy(OPERATIONS, ({ route }) => route)) {
    const route = router.route(ROOT + path.replaceAll(/\{(\w+)\}/g, ':$1'))
    // Express answers HEAD with what GET does, and some of that is kept: who was given a token.
    route.head(refuseMethod(operations))
    for (const operation of operations) route[operation.method](...handlersOf(operation, deps))
    route.all(refuseMethod(operations))
  }
  router.use((request) => {
    throw new ApiProblem('not_found', `The API has no path ${request.baseUrl}${request.path}.`, {})
  })
  router.use(handleApiError(deps.log))
  return router
}

/** The API's description for an operator in a browser. Stands below the sessions. */
export function documentForOperator(): Router {
  return Router().get(`/api${ROOT}/openapi.json`, (request, response) => {
    if (request.session.isOperator) return response.json(API_DOCUMENT)
    sendProblem(response, new ApiProblem('unauthenticated', 'Sign in first, or send an API key.', {}))
  })
}

const neverCached: RequestHandler = (_request, response, next) => {
  response.set('Cache-Control', 'no-store')
  next()
}

const leaveToSession: RequestHandler = (request, _response, next) => {
  const isBrowser = request.headers.cookie !== undefined && request.headers.authorization === undefined
  next(isBrowser ? 'router' : undefined)
}

function handlersOf(operation: Operation, deps: WebDependencies): RequestHandler[] {
  const { warmup, wallNow } = deps
  const handle: RequestHandler = async (request, response) => {
    const fields = readCall(operation, {
      path: request.params,
      query: { ...request.query },
      body: request.body === undefined ? {} : request.body,
    })
    const key = response.locals.key as ApiKey
    const { status, body } = await operation.handle({ warmup, wallNow, key, ...fields })
    response.status(status)
    if (body === null) response.end()
    else response.json(body)
  }
  return [
    (_request, response, next) => {
      requireScope(response.locals.key as ApiKey, operation.scope)
      next()
    },
    ...(operation.callsPerMinute ? [limitPerKey(operation.callsPerMinute, operation.id)] : []),
    ...(operation.body ? readBody : []),
    handle,
  ]
}

function refuseMethod(operations: readonly Operation[]): RequestHandler {
  const allowed = operations.map(({ method }) => method.toUpperCase())
  return (request) => {
    throw new ApiProblem(
      'method_not_allowed',
      `This path knows ${allowed.join(', ')}, not ${request.method}.`,
      {
        allowed,
      },
    )
  }
}
