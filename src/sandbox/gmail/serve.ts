import { json, noContent, type Reply, type Request } from '../http/exchange.ts'
import { failedPrecondition, GoogleError, invalidArgument } from '../http/google-error.ts'
import type { Store } from '../state/store.ts'
import { Transaction } from '../state/transaction.ts'
import { authorize } from './authorize.ts'
import { type Call, isObject } from './call.ts'
import type { Quota } from './quota.ts'
import { route } from './routing.ts'
import { METADATA } from './scopes.ts'

export type GmailOptions = {
  store: Store
  now: () => Date
  seed: number
  quota: Quota
  /** Calls by method. */
  counts: Map<string, number>
}

const COMMON_PARAMETERS =
  '$.xgafv access_token alt callback fields key oauth_token prettyPrint quotaUser uploadType upload_protocol'
const COMMON = new Set(COMMON_PARAMETERS.split(' '))

export function serveGmail(request: Request, options: GmailOptions): Reply {
  const { store, counts } = options
  const { method, userId, params } = route(request.method, request.path)
  counts.set(method.id, (counts.get(method.id) ?? 0) + 1)
  const now = options.now()
  const token = authorize(request, store.state, method.scopes, now)
  const mailbox = store.state.mailboxes.get(token.mailbox)
  if (!mailbox) throw new Error(`a token for the unknown mailbox ${token.mailbox}`)
  if (mailbox.restrictions.noMail) throw failedPrecondition('Mail service not enabled')
  if (userId !== 'me' && userId.toLowerCase() !== mailbox.address) {
    throw new GoogleError(403, 'forbidden', `Delegation denied for ${mailbox.address}`)
  }
  if (store.state.options.quota) options.quota.spend(mailbox.address, method.units, now)
  checkQuery(request.query, method.query)
  const transaction = new Transaction(store.state, now)
  const call: Call = {
    state: store.state,
    mailbox,
    params,
    query: request.query,
    body: bodyOf(request),
    seed: options.seed,
    metadataOnly:
      token.scopes.includes(METADATA) &&
      !method.scopes.some((s) => s !== METADATA && token.scopes.includes(s)),
    transaction,
    commit: () => store.commit(transaction.changes),
  }
  const answer = method.run(call)
  return answer === undefined ? noContent() : json(answer)
}

function checkQuery(query: URLSearchParams, known: string[]): void {
  for (const name of query.keys()) {
    if (known.includes(name) || COMMON.has(name)) continue
    throw invalidArgument(
      `Invalid JSON payload received. Unknown name "${name}": Cannot bind query parameter. Field '${name}' could not be found in request message.`,
    )
  }
}

function bodyOf(request: Request): Record<string, unknown> {
  if (request.body.length === 0) return {}
  let body: unknown
  try {
    body = JSON.parse(request.body.toString('utf8'))
  } catch {
    throw new GoogleError(400, 'parseError', 'Invalid JSON payload received. Unexpected token.')
  }
  if (!isObject(body)) throw invalidArgument('Invalid JSON payload received. Root element must be a message.')
  return body
}
