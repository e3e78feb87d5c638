import { API_SCOPES, type ApiScope } from '../../../src/domain/api-key.ts'
import { openSite, type Site } from '../site.ts'
import { checkAnswer } from './contract.ts'

export type Reply = {
  status: number
  headers: Headers
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests read what the contract check has already validated
  body: any
  /** The code of a problem; null for any other answer. */
  problem: string | null
}
type Options = { key?: string | null; body?: unknown; headers?: Record<string, string>; raw?: string }

export type Api = AsyncDisposable & {
  site: Site
  world: Site['world']
  /** Calls with a key that may do everything, unless another one (or none) is given. Every answer is checked. */
  call(method: string, path: string, options?: Options): Promise<Reply>
  issueKey(scopes?: readonly ApiScope[], expiresAt?: Date | null): Promise<string>
}

export async function openApi(options: Parameters<typeof openSite>[0] = {}): Promise<Api> {
  const site = await openSite(options)
  const { store } = site.world.runtime.warmup
  let keys = 0
  const issueKey: Api['issueKey'] = async (scopes = API_SCOPES, expiresAt = null) => {
    keys += 1
    const key = await store.apiKeys.issue({ name: `key ${keys}`, scopes, expiresAt, now: new Date() })
    if (!key) throw new Error('the name is taken')
    return key
  }
  const own = await issueKey()
  return {
    site,
    world: site.world,
    issueKey,
    async call(method, path, { key = own, body, raw, headers = {} } = {}) {
      const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body))
      const response = await fetch(`${site.url}/api${path}`, {
        method,
        redirect: 'manual',
        headers: {
          ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
          ...(key === null ? {} : { authorization: `Bearer ${key}` }),
          ...headers,
        },
        ...(sent === undefined ? {} : { body: sent }),
      })
      const text = await response.text()
      const { status, headers: received } = response
      checkAnswer(method, `/api${path}`, { status, headers: received, text })
      const parsed = text === '' ? null : JSON.parse(text)
      const isProblem = received.get('content-type')?.startsWith('application/problem+json')
      return {
        status,
        headers: received,
        text,
        body: parsed,
        problem: isProblem ? parsed.type.replace('/docs#', '') : null,
      }
    },
    [Symbol.asyncDispose]: () => site[Symbol.asyncDispose](),
  }
}

export const HOUR = 3_600_000
export const isTokenUri = { path: '/token$', method: 'POST' }

export function refreshesOf({ sandbox }: Site['world']): number {
  return sandbox.control.ledger().filter(({ kind }) => kind === 'refreshed').length
}
