import { type Request, type Response, Router } from 'express'
import { startConnecting } from '../warmup/connect-account.ts'
import { DEFAULT_VALUES, type FormErrors, type FormValues, readAccountForm } from './account-form.ts'
import { accountFormView } from './account-form-view.ts'
import { loadDashboard } from './dashboard-view.ts'
import type { WebDependencies } from './dependencies.ts'
import { readForm } from './forms.ts'
import type { Pages } from './pages.ts'

/** The first page: the form that adds an account, the accounts, and what happened. */
export function dashboardRoutes(deps: WebDependencies, pages: Pages): Router {
  const { dashboard, warmup, wallNow } = deps
  const router = Router()

  router.get('/', async (request, response) => {
    const model = await loadDashboard(dashboard, warmup.clock.now(), request.query)
    if (request.get('HX-Request'))
      return pages.showPart(request, response, { view: 'partials/dashboard-live', model })
    show(request, response, model, { values: DEFAULT_VALUES })
  })

  // Where a reload ends up after a form with mistakes.
  router.get('/accounts/connect', (_request, response) => response.redirect('/'))

  router.post('/accounts/connect', ...readForm, async (request, response) => {
    const submitted = readAccountForm(request.body)
    if (submitted.settings)
      return response.redirect(303, await startConnecting(warmup, submitted.settings, wallNow()))
    const model = await loadDashboard(dashboard, warmup.clock.now(), {})
    show(request, response, model, submitted)
  })

  function show(
    request: Request,
    response: Response,
    model: object,
    form: { values: FormValues; errors?: FormErrors },
  ) {
    const { values, errors } = form
    const fields = accountFormView(values, {
      idPrefix: 'new',
      usesBrowserZone: !errors,
      ...(errors ? { errors } : {}),
    })
    pages.show(request, response, {
      view: 'pages/dashboard',
      title: 'Accounts',
      status: errors ? 422 : 200,
      model: { ...model, fields },
    })
  }

  return router
}
