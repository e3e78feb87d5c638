import { json, type Reply } from './exchange.ts'
import { GoogleError } from './google-error.ts'

export type FaultOrder = {
  /** Any method when left out. */
  method?: string
  /** A regular expression over the path of the URL. */
  path: string
  /** How many requests it strikes; 1 when left out. */
  count?: number
  status?: number
  reason?: string
  message?: string
  headers?: Record<string, string>
  body?: unknown
  delayMs?: number
  /** Cut the connection before doing anything, or do the work and then drop the answer. */
  drop?: 'before' | 'after'
}

export type Fault = FaultOrder & { id: number; count: number }

export class Faults {
  #list: { fault: Fault; path: RegExp }[] = []
  #lastId = 0

  add(order: FaultOrder): Fault {
    this.#lastId += 1
    const fault = { ...order, id: this.#lastId, count: order.count ?? 1 }
    this.#list.push({ fault, path: new RegExp(order.path) })
    return fault
  }

  list(): Fault[] {
    return this.#list.map(({ fault }) => fault)
  }

  clear(): void {
    this.#list = []
  }

  /** The first fault for this request, used up by one. The control API itself is never struck. */
  take(method: string, path: string): Fault | undefined {
    if (this.#list.length === 0 || path.startsWith('/sandbox/')) return undefined
    const hit = this.#list.find(
      (entry) => (entry.fault.method ?? method).toUpperCase() === method && entry.path.test(path),
    )
    if (!hit) return undefined
    hit.fault.count -= 1
    if (hit.fault.count <= 0) this.#list = this.#list.filter((entry) => entry !== hit)
    return hit.fault
  }
}

const STATUS_BY_REASON: Record<string, number> = {
  authError: 401,
  rateLimitExceeded: 429,
  userRateLimitExceeded: 403,
  dailyLimitExceeded: 403,
  domainPolicy: 403,
  insufficientPermissions: 403,
  notFound: 404,
  invalidArgument: 400,
  failedPrecondition: 400,
  invalid_grant: 400,
  invalid_client: 401,
}

const REASON_BY_STATUS: Record<number, string> = {
  400: 'badRequest',
  401: 'authError',
  403: 'forbidden',
  404: 'notFound',
  429: 'rateLimitExceeded',
}

/** The answer a fault gives instead of the work, if it gives one. */
export function faultReply(fault: Fault, path: string): Reply | undefined {
  const { reason, headers = {} } = fault
  if (fault.body !== undefined) {
    const reply = json(fault.body, fault.status ?? 200, headers)
    return typeof fault.body === 'string' ? { ...reply, body: fault.body } : reply
  }
  if (fault.status === undefined && reason === undefined) return undefined
  const status = fault.status ?? STATUS_BY_REASON[reason ?? ''] ?? 500
  const message = fault.message ?? 'A fault ordered through the control API.'
  if (!path.startsWith('/gmail/')) {
    const error = reason ?? (status < 500 ? 'invalid_request' : 'internal_failure')
    return json({ error, error_description: message }, status, headers)
  }
  const known = reason ?? REASON_BY_STATUS[status] ?? 'backendError'
  return new GoogleError(status, known, message, { headers }).toReply()
}
