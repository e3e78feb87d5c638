import { Router } from 'express'
import { explain } from '../domain/explain.ts'
import type { WebDependencies } from './dependencies.ts'
import { NotFound } from './errors.ts'
import { readId } from './ids.ts'
import { messageView } from './message-view.ts'
import type { Pages } from './pages.ts'
import { timeView } from './times.ts'

const UNKNOWN_SENDS = 50

/** The conversation of one mail, and the mails that need a look in Gmail. */
export function messageRoutes({ dashboard, warmup }: WebDependencies, pages: Pages): Router {
  const router = Router()
  const bystander = () => ({ now: warmup.clock.now(), zone: 'UTC', viewer: null })

  router.get('/messages/:id', async (request, response) => {
    const id = readId(request.params.id)
    const rows = await dashboard.conversationOf(id)
    const asked = rows.find((row) => row.id === id)
    if (!asked) throw new NotFound()
    const looking = bystander()
    const when = (instant: Date) => timeView(instant, looking).absolute
    const messages = rows.map((row, i) => ({
      ...messageView(row, looking),
      why: explain(row, rows[i - 1] ?? null, when),
    }))
    pages.show(request, response, {
      view: 'pages/conversation',
      title: asked.subject,
      model: { messages, askedId: id },
    })
  })

  router.get('/unknown-sends', async (request, response) => {
    const rows = await dashboard.unknownSends(UNKNOWN_SENDS)
    const messages = rows.map((row) => messageView(row, bystander()))
    pages.show(request, response, {
      view: 'pages/unknown-sends',
      title: 'Sends that nobody can vouch for',
      model: { messages },
    })
  })

  return router
}
