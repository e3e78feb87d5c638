import { Router } from 'express'
import { explain } from '../domain/explain.ts'
import type { WebDependencies } from './dependencies.ts'
import { endedMessageView } from './ending-view.ts'
import { NotFound } from './errors.ts'
import { readId } from './ids.ts'
import type { Pages } from './pages.ts'
import { timeView } from './times.ts'

/** The conversation of one mail, with what may be done about those of it that ended badly. */
export function messageRoutes({ dashboard, warmup }: WebDependencies, pages: Pages): Router {
  const router = Router()

  router.get('/messages/:id', async (request, response) => {
    const id = readId(request.params.id)
    const rows = await dashboard.conversationOf(id)
    const asked = rows.find((row) => row.id === id)
    if (!asked) throw new NotFound()
    const now = warmup.clock.now()
    const when = (instant: Date) => timeView(instant, { now, zone: 'UTC' }).absolute
    const unknown = rows.filter(({ state }) => state === 'unknown').map((row) => row.id)
    const looks = unknown.length === 0 ? [] : await dashboard.unknownAmong(unknown)
    const messages = rows.map((row, i) => ({
      ...endedMessageView(
        row,
        now,
        looks.find((look) => look.id === row.id),
      ),
      why: explain(row, rows[i - 1] ?? null, when),
    }))
    pages.show(request, response, {
      view: 'pages/conversation',
      title: asked.subject,
      model: { messages, askedId: id },
    })
  })

  return router
}
