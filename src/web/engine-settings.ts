import { type Request, type Response, Router } from 'express'
import { changeEngine, resumeSending, stopSending } from '../warmup/engine.ts'
import type { WebDependencies } from './dependencies.ts'
import { engineValuesOf, readEngineForm } from './engine-settings-form.ts'
import { engineFormView, healthRulesView } from './engine-settings-view.ts'
import { readForm } from './forms.ts'
import type { Pages } from './pages.ts'
import { redirectSaying } from './sessions.ts'

const PATH = '/settings'

/** What the operator chooses for the engine as a whole, and the switch that stops all sending. */
export function engineSettingsRoutes({ warmup }: WebDependencies, pages: Pages): Router {
  const router = Router()

  router.get(PATH, async (request, response) => {
    const engine = await warmup.store.engine.get()
    show(request, response, {
      fields: engineFormView(engineValuesOf(engine)),
      rules: healthRulesView(engine),
    })
  })

  router.post(PATH, ...readForm, async (request, response) => {
    const submitted = readEngineForm(request.body)
    if (submitted.settings) {
      const changed = await changeEngine(warmup, submitted.settings)
      const words = changed.length > 0 ? 'The settings are saved.' : 'Nothing was changed.'
      return redirectSaying(request, response, PATH, words)
    }
    const fields = engineFormView(submitted.values, submitted.errors)
    show(request, response, { fields, rules: healthRulesView(await warmup.store.engine.get()) })
  })

  router.post('/sending/stop', ...readForm, async (request, response) => {
    const stopped = await stopSending(warmup)
    await redirectSaying(request, response, '/', stopped ? STOPPED : 'Sending was stopped already.')
  })

  router.post('/sending/resume', ...readForm, async (request, response) => {
    const resumed = await resumeSending(warmup)
    await redirectSaying(request, response, '/', resumed ? RESUMED : 'Sending was going on already.')
  })

  type Model = { fields: ReturnType<typeof engineFormView>; rules: ReturnType<typeof healthRulesView> }

  function show(request: Request, response: Response, model: Model): void {
    pages.show(request, response, {
      view: 'pages/settings',
      title: 'Settings',
      status: model.fields.hasErrors ? 422 : 200,
      model,
    })
  }

  return router
}

const STOPPED = 'All sending is stopped. A mail that Gmail was just being asked to send may still have left.'
const RESUMED = 'Sending goes on: what is overdue leaves as each account’s hours, limit and pause allow.'
