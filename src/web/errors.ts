import { randomBytes } from 'node:crypto'
import type { ErrorRequestHandler, RequestHandler } from 'express'
import type { Logger } from '../logger.ts'
import type { Pages } from './pages.ts'

/** There is no such page, account or message. */
export class NotFound extends Error {
  readonly status = 404
}

export const notFound: RequestHandler = () => {
  throw new NotFound()
}

type Words = { title: string; text: string }

const WORDS: Record<number, Words> = {
  400: { title: 'That request can’t be read', text: 'Go back and try again.' },
  403: {
    title: 'This form is too old',
    text: 'It was opened in another session, or sent from another site. Go back, reload the page and send it again.',
  },
  404: { title: 'There is nothing here', text: 'The page does not exist, or what it showed is gone.' },
  413: { title: 'That is too much', text: 'A form here holds at most 20 kB and 50 fields.' },
}
const BROKEN: Words = {
  title: 'Something went wrong here',
  text: 'The details are in the log, under the reference below. Reload the page to try again.',
}

/** Visitors get plain words; the error itself goes to the log, and a reference ties the two together. */
export function handleError(log: Logger, pages: Pages): ErrorRequestHandler {
  return (err: unknown, request, response, next) => {
    if (response.headersSent) return next(err)
    const status = statusOf(err)
    const known = WORDS[status]
    const reference = known ? null : randomBytes(4).toString('hex')
    // The query string stays out: Google's callback carries a code in it.
    if (!known) log.error({ err, reference, method: request.method, path: request.path }, 'a page broke')
    pages.show(request, response, { view: 'pages/error', status, ...page(known ?? BROKEN, reference) })
  }
}

function page(words: Words, reference: string | null) {
  return { title: words.title, model: { words, reference } }
}

/** Express and its middleware put the status of a visitor's mistake on the error; anything else is ours. */
function statusOf(err: unknown): number {
  const status = err instanceof Error && 'status' in err ? Number(err.status) : 500
  if (WORDS[status]) return status
  return status >= 400 && status < 500 ? 400 : 500
}
