import { type Request, type Response, Router } from 'express'
import type { Account } from '../db/accounts.ts'
import { changeFetching } from '../warmup/inbox/fetch-settings.ts'
import type { WebDependencies } from './dependencies.ts'
import { fetchingFormView, fetchingValuesOf, readFetchingForm } from './fetching-form.ts'
import { findAccount } from './find-account.ts'
import { readForm } from './forms.ts'
import { readMailQuery } from './mail-query.ts'
import { loadMail, mailPath } from './mail-view.ts'
import type { Pages } from './pages.ts'
import { redirectSaying } from './sessions.ts'

/** The mail that came into an account's mailbox, and how it is fetched. */
export function accountMailRoutes({ warmup }: WebDependencies, pages: Pages): Router {
  const router = Router()

  router.get('/accounts/:id/mail', async (request, response) => {
    await show(request, response, await findAccount(warmup, request))
  })

  router.post('/accounts/:id/fetching', ...readForm, async (request, response) => {
    const account = await findAccount(warmup, request)
    const submitted = readFetchingForm(request.body)
    if (!submitted.settings && account.status !== 'removed')
      return show(request, response, account, fetchingFormView(submitted.values, submitted.errors))
    const changed = submitted.settings && (await changeFetching(warmup, account.id, submitted.settings))
    await redirectSaying(request, response, mailPath(account), savedWords(changed))
  })

  // Where a reload ends up after a form with mistakes.
  router.get('/accounts/:id/fetching', async (request, response) => {
    response.redirect(mailPath(await findAccount(warmup, request)))
  })

  type Fields = ReturnType<typeof fetchingFormView>

  async function show(request: Request, response: Response, account: Account, wrong?: Fields): Promise<void> {
    const now = warmup.clock.now()
    const { settings, ...model } = await loadMail(warmup.store, account, readMailQuery(request.query), now)
    const fields = wrong ?? (settings && fetchingFormView(fetchingValuesOf(settings)))
    pages.show(request, response, {
      view: 'pages/mail',
      title: `Mail of ${account.email}`,
      status: wrong ? 422 : 200,
      model: { ...model, fields },
    })
  }

  return router
}

function savedWords(changed: string[] | null): string {
  if (changed === null) return 'Nothing was changed: the account was removed by then.'
  return changed.length > 0 ? 'It is saved.' : 'Nothing was changed.'
}
