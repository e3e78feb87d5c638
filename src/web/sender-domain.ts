import { Router } from 'express'
import type { Account } from '../db/accounts.ts'
import { domainOf } from '../domain/account.ts'
import type { RecordFinding, RecordState } from '../domain/sender-authentication.ts'
import type { Warmup } from '../warmup/dependencies.ts'
import { isLookedUp, lookUpSenderDomain } from '../warmup/sender-domain.ts'
import type { WebDependencies } from './dependencies.ts'
import { findAccount } from './find-account.ts'
import { readForm } from './forms.ts'
import { redirectSaying } from './sessions.ts'
import { timeView } from './times.ts'

/** Looks up what an account's domain publishes, when its operator asks for it. */
export function senderDomainRoutes({ warmup }: WebDependencies): Router {
  const router = Router()

  router.post('/accounts/:id/domain', ...readForm, async (request, response) => {
    const account = await findAccount(warmup, request)
    const domain = domainOf(account.email)
    if (isLookedUp(domain)) await lookUpSenderDomain(warmup, account)
    await redirectSaying(request, response, `/accounts/${account.id}`, `${domain} was looked up.`)
  })

  router.get('/accounts/:id/domain', async (request, response) => {
    response.redirect(`/accounts/${(await findAccount(warmup, request)).id}`)
  })

  return router
}

const STATE_WORDS: Record<RecordState, string> = { pass: 'Passes', fail: 'Fails', unknown: 'Not known' }
const BADGES: Record<RecordState, string> = { pass: 'active', fail: 'failed', unknown: 'paused' }

/** What the domain of an account publishes about its mail, as it was last looked up. */
export async function loadSenderDomain({ store }: Warmup, { email, timeZone: zone }: Account, now: Date) {
  const domain = domainOf(email)
  const known = await store.senderDomains.of(domain)
  return {
    domain,
    isLookedUp: isLookedUp(domain),
    records: Object.entries(known?.findings ?? {}).map(([name, found]) => recordView(name, found)),
    at: known && timeView(known.checkedAt, { now, zone }),
  }
}

function recordView(name: string, { state, ...finding }: RecordFinding) {
  return { title: name.toUpperCase(), state: { name: BADGES[state], words: STATE_WORDS[state] }, ...finding }
}
