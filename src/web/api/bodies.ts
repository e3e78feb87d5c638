import { json, type RequestHandler } from 'express'
import { ApiProblem } from './problems.ts'

/** Reads a JSON body. One that is not declared as such is refused, not taken for none. */
export const readBody: RequestHandler[] = [
  (request, _response, next) => {
    const isEmpty = request.get('content-length') === '0'
    if (isEmpty || request.is('application/json') !== false) return next()
    const sent = request.get('content-type')
    const detail = `Expected Content-Type: application/json, not ${sent ? `“${sent.slice(0, 100)}”` : 'none'}.`
    throw new ApiProblem('unsupported_media_type', detail, {})
  },
  json({ limit: '20kb', strict: false }),
]

/** What is wrong with a body that could not be read; null for any other error. */
export function bodyProblem(error: unknown): ApiProblem | null {
  const { type, status } = (error ?? {}) as { type?: unknown; status?: unknown }
  if (type === 'entity.too.large') return new ApiProblem('too_large', 'A body holds at most 20 kB.', {})
  if (status === 415)
    return new ApiProblem('unsupported_media_type', 'Send the body in UTF-8, as it is or gzipped.', {})
  if (type === 'entity.parse.failed') return new ApiProblem('unreadable', 'The body is no valid JSON.', {})
  if (typeof status === 'number' && status >= 400 && status < 500)
    return new ApiProblem('unreadable', 'The request is broken off, or its address can’t be decoded.', {})
  return null
}
