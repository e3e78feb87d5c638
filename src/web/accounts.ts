import { type Request, type Response, Router } from 'express'
import type { Account } from '../db/accounts.ts'
import { settingsOf } from '../domain/account.ts'
import { changeSettings, pauseAccount, resumeAccount } from '../warmup/account-settings.ts'
import { startConnecting } from '../warmup/connect-account.ts'
import { issueConnectLink } from '../warmup/connect-link.ts'
import { removeAccount } from '../warmup/disconnect-account.ts'
import { loadAccountCharts } from './account-charts.ts'
import { type FormErrors, type FormValues, readAccountForm, valuesOf } from './account-form.ts'
import { accountFormView } from './account-form-view.ts'
import { loadAccountPage } from './account-page-view.ts'
import type { WebDependencies } from './dependencies.ts'
import { findAccount } from './find-account.ts'
import { readForm } from './forms.ts'
import { loadHealth } from './health-view.ts'
import type { Pages } from './pages.ts'
import { loadPlacements } from './placement-view.ts'
import { loadSenderDomain } from './sender-domain.ts'
import { redirectSaying } from './sessions.ts'
import { timeView } from './times.ts'
import { loadTokenView } from './token-view.ts'
import { counted } from './words.ts'

const LINK_MINUTES = 7 * 24 * 60

/** One account: its page, and what its operator may do to it. */
export function accountRoutes({ warmup, dashboard, wallNow }: WebDependencies, pages: Pages): Router {
  const router = Router()

  router.get('/accounts/:id', async (request, response) => {
    await show(request, response, await find(request))
  })

  router.post('/accounts/:id/settings', ...readForm, async (request, response) => {
    const account = await find(request)
    if (account.status === 'removed') return back(request, response, account, UNCHANGED)
    const submitted = readAccountForm(request.body, settingsOf(account))
    if (!submitted.settings) return show(request, response, account, submitted)
    const { withdrawn } = await changeSettings(warmup, account.id, submitted.settings)
    await back(request, response, account, savedWords(withdrawn))
  })

  // The address of a form with mistakes, when it is loaded again.
  router.get('/accounts/:id/settings', async (request, response) => {
    response.redirect(`/accounts/${(await find(request)).id}`)
  })

  router.post('/accounts/:id/pause', ...readForm, async (request, response) => {
    const account = await find(request)
    const paused = await pauseAccount(warmup, account.id)
    await back(request, response, account, paused ? `${account.email} is paused.` : UNCHANGED)
  })

  router.post('/accounts/:id/resume', ...readForm, async (request, response) => {
    const account = await find(request)
    const resumed = await resumeAccount(warmup, account.id)
    await back(request, response, account, resumed ? `${account.email} goes on.` : UNCHANGED)
  })

  router.post('/accounts/:id/connect', ...readForm, async (request, response) => {
    const account = await find(request)
    const { email, googleUserId, extraScopes } = account
    const options = { wanted: { email, googleUserId }, extraScopes }
    response.redirect(303, await startConnecting(warmup, settingsOf(account), wallNow(), options))
  })

  // The answer itself shows the link, which is kept nowhere.
  router.post('/accounts/:id/connect-link', ...readForm, async (request, response) => {
    const account = await find(request)
    const { email, extraScopes, timeZone: zone } = account
    const now = wallNow()
    const offer = { email, settings: settingsOf(account), extraScopes }
    const { url, expiresAt } = await issueConnectLink(warmup, offer, {
      wallNow: now,
      validForMinutes: LINK_MINUTES,
    })
    pages.show(request, response, {
      view: 'pages/connect-link-made',
      title: `Link for the owner of ${email}`,
      model: { account, url, expires: timeView(expiresAt, { now, zone }) },
    })
  })

  router.get('/accounts/:id/connect-link', async (request, response) => {
    response.redirect(`/accounts/${(await find(request)).id}`)
  })

  router.get('/accounts/:id/remove', async (request, response) => {
    const account = await find(request)
    if (account.status === 'removed') return response.redirect(`/accounts/${account.id}`)
    pages.show(request, response, {
      view: 'pages/remove',
      title: `Remove ${account.email}?`,
      model: { account },
    })
  })

  router.post('/accounts/:id/remove', ...readForm, async (request, response) => {
    const account = await find(request)
    const removed = await removeAccount(warmup, account.id)
    await back(request, response, account, removed ? `${account.email} is removed.` : UNCHANGED)
  })

  const find = (request: Request) => findAccount(warmup, request)

  async function show(
    request: Request,
    response: Response,
    account: Account,
    submitted?: { values: FormValues; errors: FormErrors },
  ) {
    const now = warmup.clock.now()
    const [page, token, placements, health] = await Promise.all([
      loadAccountPage(dashboard, account, now),
      loadTokenView(warmup.store, account, now),
      loadPlacements(warmup.store, account.id),
      loadHealth(warmup.store, account, now),
    ])
    const live = { ...page, token, placements, health }
    if (request.get('HX-Request'))
      return pages.showPart(request, response, { view: 'partials/account-live', model: live })
    const [senderDomain, charts] = await Promise.all([
      loadSenderDomain(warmup, account, now),
      loadAccountCharts(warmup.store, account, now),
    ])
    const model = { ...live, senderDomain, charts }
    const values = submitted?.values ?? valuesOf(account)
    const fields = accountFormView(values, { idPrefix: 'edit', errors: submitted?.errors ?? {} })
    pages.show(request, response, {
      view: 'pages/account',
      title: account.email,
      status: submitted ? 422 : 200,
      model: { ...model, fields, isEditing: request.query.edit !== undefined },
    })
  }

  return router
}

function savedWords(withdrawn: number): string {
  const anew = `${counted(withdrawn, 'mail')} of today that had not been sent ${withdrawn === 1 ? 'is' : 'are'} planned anew.`
  return withdrawn > 0 ? `The settings are saved; ${anew}` : 'The settings are saved.'
}

const UNCHANGED = 'Nothing was changed: the account was in another state by then.'

function back(request: Request, response: Response, account: Account, flash: string): Promise<void> {
  const path = request.body.from === 'dashboard' ? '/' : `/accounts/${account.id}`
  return redirectSaying(request, response, path, flash)
}
