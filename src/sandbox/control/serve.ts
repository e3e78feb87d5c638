import { prettifyError, ZodError } from 'zod'
import { json, noContent, type Reply, type Request } from '../http/exchange.ts'
import {
  ANY_MAILBOX,
  CLIENT,
  CLOCK,
  FAULT,
  FORCED,
  FOREIGN_MAIL,
  GRANT,
  KILL,
  NEW_MAILBOX,
  ONE_CLIENT,
  ONE_MAILBOX,
  ONE_SCOPE,
  OPTIONS,
  PUSH,
  REFUSAL,
  SWITCH,
} from './bodies.ts'
import type { Control } from './control.ts'
import { ControlError } from './control-error.ts'

type Action = (control: Control, call: { body: unknown; query: URLSearchParams; mailbox: string }) => unknown

const ACTIONS: Record<string, Action> = {
  'GET faults': (control) => ({ faults: control.faults() }),
  'POST faults': (control, { body }) => control.addFault(FAULT.parse(body)),
  'DELETE faults': (control) => control.clearFaults(),

  'POST clients': (control, { body }) => {
    const { id, secret } = CLIENT.parse(body)
    control.addClient(id, secret)
  },
  'POST clients/secret': (control, { body }) => {
    const { id, secret } = CLIENT.parse(body)
    control.setClientSecret(id, secret)
  },
  'POST clients/disable': (control, { body }) => control.disableClient(ONE_CLIENT.parse(body).id),
  'POST clients/enable': (control, { body }) => control.enableClient(ONE_CLIENT.parse(body).id),

  'POST grants': (control, { body }) => {
    const { mailbox, ...order } = GRANT.parse(body)
    return control.grant(mailbox, order)
  },
  'POST grants/kill': (control, { body }) => {
    const { mailbox, reason } = KILL.parse(body)
    control.killGrant(mailbox, reason)
  },
  'POST grants/expire': (control, { body }) => control.expireAccessTokens(ANY_MAILBOX.parse(body).mailbox),
  'POST grants/revoke': (control, { body }) => control.revokeGrant(ONE_MAILBOX.parse(body).mailbox),
  'POST grants/untick': (control, { body }) => {
    const { mailbox, scope } = ONE_SCOPE.parse(body)
    control.untickScope(mailbox, scope)
  },

  'GET options': (control) => control.options(),
  'POST options': (control, { body }) => control.setOptions(OPTIONS.parse(body)),
  'POST placement': (control, { body }) => {
    const { placement, ...where } = FORCED.parse(body)
    if ('domain' in where) control.forcePlacementAt(where.domain, placement ?? undefined)
    else control.forcePlacement(placement ?? undefined, where.sender)
  },

  'GET senders': (control) => ({ senders: control.senders() }),

  'GET mailboxes': (control) => ({ mailboxes: control.mailboxes() }),
  'POST mailboxes': (control, { body }) => control.createMailbox(NEW_MAILBOX.parse(body).address),
  'GET mailboxes/{mailbox}/messages': (control, { mailbox, query }) => ({
    messages: control.messages(mailbox, count(query, 'limit')),
  }),
  'POST mailboxes/{mailbox}/deliver': (control, { mailbox, body }) =>
    control.deliverForeign(mailbox, FOREIGN_MAIL.parse(body)),
  'POST mailboxes/{mailbox}/forbid-by-policy': (control, { mailbox, body }) =>
    control.forbidByPolicy(mailbox, SWITCH.parse(body).on),
  'POST mailboxes/{mailbox}/disable-mail': (control, { mailbox, body }) =>
    control.disableMail(mailbox, SWITCH.parse(body).on),
  'POST mailboxes/{mailbox}/refuse-mail': (control, { mailbox, body }) =>
    control.refuseMail(mailbox, REFUSAL.parse(body)),
  'POST mailboxes/{mailbox}/forget-history': (control, { mailbox }) => control.forgetHistory(mailbox),

  'GET clock': (control) => ({ now: control.now().toISOString() }),
  'POST clock': (control, { body }) => {
    control.setClockOffset(CLOCK.parse(body).offsetMs)
    return { now: control.now().toISOString() }
  },

  'GET push': (control) => control.push(),
  'POST push': (control, { body }) => control.setPush(PUSH.parse(body)),

  'GET ledger': (control, { query }) => {
    const entries = control.ledger(count(query, 'after') ?? 0, count(query, 'limit') ?? 1000)
    return { entries, next: entries.at(-1)?.seq ?? count(query, 'after') ?? 0 }
  },
  'GET calls': (control) => ({ calls: control.callCounts() }),
}

/** The control API. A web page cannot set the header it wants without asking, and it grants no page leave. */
export function serveControl(request: Request, control: Control): Reply {
  if (request.headers['x-sandbox-control'] !== '1') {
    return json({ error: 'every control call carries the header x-sandbox-control: 1' }, 403)
  }
  const [, address, rest] = /^\/sandbox\/mailboxes\/([^/]+)\/(.+)$/.exec(request.path) ?? []
  const path = rest ? `mailboxes/{mailbox}/${rest}` : request.path.slice('/sandbox/'.length)
  const action = ACTIONS[`${request.method} ${path}`]
  if (!action) return json({ error: `no such control call: ${request.method} ${request.path}` }, 404)
  try {
    const mailbox = decodeURIComponent(address ?? '')
    const result = action(control, { body: bodyOf(request), query: request.query, mailbox })
    return result === undefined ? noContent() : json(result)
  } catch (error) {
    if (error instanceof ZodError) return json({ error: prettifyError(error) }, 400)
    if (error instanceof ControlError) return json({ error: error.message }, error.status)
    throw error
  }
}

function bodyOf(request: Request): unknown {
  if (request.body.length === 0) return {}
  try {
    return JSON.parse(request.body.toString('utf8'))
  } catch {
    throw new ControlError('the body is not JSON')
  }
}

function count(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  if (!/^\d+$/.test(text)) throw new ControlError(`${name} is not a number: ${text}`)
  return Number(text)
}
