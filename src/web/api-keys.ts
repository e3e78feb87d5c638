import { type Request, type Response, Router } from 'express'
import type { ApiKey } from '../db/api-keys.ts'
import {
  type ApiKeyErrors,
  type ApiKeyValues,
  EMPTY_KEY,
  readApiKeyForm,
  type WantedKey,
} from './api-key-form.ts'
import { apiKeyFormView, apiKeyView } from './api-key-view.ts'
import type { WebDependencies } from './dependencies.ts'
import { NotFound } from './errors.ts'
import { readForm } from './forms.ts'
import { readId } from './ids.ts'
import type { Pages } from './pages.ts'
import { redirectSaying } from './sessions.ts'

const DAY_MS = 24 * 60 * 60_000
/** The page shows all of them. Revoked keys and those past their end don’t count. */
export const MOST_KEYS = 100
const NAME_TAKEN = 'There is a key of this name. Revoked keys keep theirs too: choose another one.'
const TOO_MANY = `There are ${MOST_KEYS} keys in use, and no more than that are allowed: revoke one first.`

/** The keys with which other programs use the API: their list, and making and revoking them. */
export function apiKeyRoutes(deps: WebDependencies, pages: Pages): Router {
  const { warmup, wallNow, baseUrl } = deps
  const { apiKeys } = warmup.store
  const router = Router()

  router.get('/api-keys', (request, response) => show(request, response, EMPTY_KEY))

  // The answer itself shows the key, which is kept nowhere. Loading that page again finds the name taken.
  router.post('/api-keys', ...readForm, async (request, response) => {
    const submitted = readApiKeyForm(request.body)
    if (!submitted.wanted) return show(request, response, submitted.values, submitted.errors)
    if ((await inUse()) >= MOST_KEYS) return show(request, response, submitted.values, { name: TOO_MANY })
    const key = await issue(submitted.wanted)
    if (key === null) return show(request, response, submitted.values, { name: NAME_TAKEN })
    const { name } = submitted.wanted
    pages.show(request, response, {
      view: 'pages/api-key-made',
      title: `Key ${name}`,
      model: { name, key, meUrl: new URL('/api/v1/me', baseUrl).href },
    })
  })

  router.get('/api-keys/:id/revoke', async (request, response) => {
    const key = await find(request)
    if (key.revokedAt) return response.redirect('/api-keys')
    pages.show(request, response, {
      view: 'pages/api-key-revoke',
      title: `Revoke ${key.name}?`,
      model: { key: apiKeyView(key, wallNow()) },
    })
  })

  router.post('/api-keys/:id/revoke', ...readForm, async (request, response) => {
    const { id, name } = await find(request)
    const revoked = await apiKeys.revoke(id, wallNow())
    const words = revoked ? `${name} is revoked.` : `${name} was revoked before.`
    await redirectSaying(request, response, '/api-keys', words)
  })

  function issue({ name, scopes, lifetimeDays }: WantedKey): Promise<string | null> {
    const now = wallNow()
    const expiresAt = lifetimeDays === null ? null : new Date(now.getTime() + lifetimeDays * DAY_MS)
    return apiKeys.issue({ name, scopes, expiresAt, now })
  }

  async function inUse(): Promise<number> {
    const now = wallNow()
    return (await apiKeys.all()).filter((key) => !key.revokedAt && (!key.expiresAt || key.expiresAt > now))
      .length
  }

  async function find(request: Request): Promise<ApiKey> {
    const id = readId(request.params.id)
    const key = (await apiKeys.all()).find((candidate) => candidate.id === id)
    if (!key) throw new NotFound()
    return key
  }

  async function show(request: Request, response: Response, values: ApiKeyValues, errors?: ApiKeyErrors) {
    const keys = await apiKeys.all()
    pages.show(request, response, {
      view: 'pages/api-keys',
      title: 'API keys',
      status: errors ? 422 : 200,
      model: { keys: keys.map((key) => apiKeyView(key, wallNow())), fields: apiKeyFormView(values, errors) },
    })
  }

  return router
}
