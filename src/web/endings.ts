import { type Request, type Response, Router } from 'express'
import { MOST_TRIES, TASK_KINDS } from '../domain/task.ts'
import { dropUnknown, lookAgain, lookForAll, sendUnknownAgain } from '../warmup/resolve-send.ts'
import { tryAllAgain, tryMessageAgain } from '../warmup/try-again.ts'
import type { WebDependencies } from './dependencies.ts'
import { pageOf, readEndingQuery } from './ending-query.ts'
import { endedMessageView, troubleView, unknownSendView } from './ending-view.ts'
import { readForm } from './forms.ts'
import { readId } from './ids.ts'
import type { Pages } from './pages.ts'
import { redirectSaying } from './sessions.ts'
import { counted, sentence } from './words.ts'

const UNKNOWN = '/unknown-sends'
const FAILED = '/failed'
const TROUBLED_TASKS = 30
/** Notices have their own page. */
const KINDS = TASK_KINDS.filter((kind) => kind !== 'notify')

/** What ended badly, and what its operator does about it. */
export function endingRoutes({ dashboard, warmup }: WebDependencies, pages: Pages): Router {
  const router = Router()

  router.get(UNKNOWN, async (request, response) => {
    const query = readEndingQuery(request.query)
    const now = warmup.clock.now()
    const { rows, links } = pageOf(await dashboard.unknownSends(query.part), UNKNOWN, query)
    const model = { messages: rows.map((row) => unknownSendView(row, now)), links }
    if (request.get('HX-Request'))
      return pages.showPart(request, response, { view: 'partials/unknown-live', model })
    pages.show(request, response, { view: 'pages/unknown-sends', title: 'Unknown sends', model })
  })

  router.get(FAILED, async (request, response) => {
    const query = readEndingQuery(request.query)
    const now = warmup.clock.now()
    const [found, troubled] = await Promise.all([
      dashboard.failedMessages(query.filter, query.part),
      dashboard.troubledTasks(TROUBLED_TASKS, KINDS),
    ])
    const { rows, links } = pageOf(found, FAILED, query)
    pages.show(request, response, {
      view: 'pages/failed',
      title: 'Failed',
      model: {
        filter: query.filter,
        messages: rows.map((row) => endedMessageView(row, now)),
        tasks: troubled.map((row) => troubleView(row, now)),
        mostTries: MOST_TRIES.passing,
        links,
      },
    })
  })

  router.post(`${UNKNOWN}/look`, ...readForm, async (request, response) => {
    const looks = await lookForAll(warmup)
    const words = looks > 0 ? `${counted(looks, 'mail')} is looked for now.` : 'There is none to look for.'
    await redirectSaying(request, response, UNKNOWN, looks > 1 ? words.replace(' is ', ' are ') : words)
  })

  router.post(`${FAILED}/try-again`, ...readForm, async (request, response) => {
    const { tried, hindered } = await tryAllAgain(warmup, await failedIds(request.body))
    const rest = hindered > 0 ? `; ${hindered} make no sense any more, and say why one by one` : ''
    await redirectSaying(request, response, FAILED, `Tried again: ${counted(tried, 'mail')}${rest}.`)
  })

  resolving('look', lookAgain, 'It is looked for now.')
  resolving('send-again', sendUnknownAgain, 'It is looked for once more, and sent again if it is not found.')
  resolving('drop', dropUnknown, 'It is dropped: nothing more becomes of it.')
  resolving('try-again', tryMessageAgain, 'It is tried again.')

  // Where a reload ends up after one of these.
  router.get([`${UNKNOWN}/look`], (_request, response) => response.redirect(UNKNOWN))
  router.get([`${FAILED}/try-again`], (_request, response) => response.redirect(FAILED))

  function resolving(
    action: string,
    resolve: (own: typeof warmup, messageId: number) => Promise<string | null>,
    done: string,
  ): void {
    router.post(`/messages/:id/${action}`, ...readForm, async (request, response) => {
      const id = readId(request.params.id)
      const hindrance = await resolve(warmup, id)
      await back(request, response, id, hindrance === null ? done : sentence(hindrance))
    })
    router.get(`/messages/:id/${action}`, (request, response) =>
      response.redirect(`/messages/${readId(request.params.id)}`),
    )
  }

  /** The newest that match the filter of the page. */
  async function failedIds(body: Record<string, unknown>): Promise<number[]> {
    const { filter } = readEndingQuery(body)
    const rows = await dashboard.failedMessages(filter, { limit: MOST_AT_ONCE, before: null })
    return rows.map(({ id }) => id)
  }

  return router
}

/** More would keep the browser waiting. */
const MOST_AT_ONCE = 200

function back(request: Request, response: Response, id: number, flash: string): Promise<void> {
  const { from } = request.body as { from?: unknown }
  const path = from === 'unknown' ? UNKNOWN : from === 'failed' ? FAILED : `/messages/${id}`
  return redirectSaying(request, response, path, flash)
}
