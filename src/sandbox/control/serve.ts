import * as z from 'zod'
import { json, noContent, type Reply, type Request } from '../http/exchange.ts'
import type { Control } from './control.ts'
import { ControlError } from './control-error.ts'

const PLACEMENT = z.enum(['inbox', 'promotions', 'spam'])

const FAULT = z.strictObject({
  method: z.string().optional(),
  path: z.string().refine(isPattern, 'not a regular expression'),
  count: z.int().positive().optional(),
  status: z.int().min(200).max(599).optional(),
  reason: z.string().optional(),
  message: z.string().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  body: z.unknown().optional(),
  delayMs: z.number().min(0).optional(),
  drop: z.enum(['before', 'after']).optional(),
})

const OPTIONS = z.strictObject({
  quota: z.boolean().optional(),
  rewriteMessageIds: z.boolean().optional(),
  rotateRefreshTokens: z.boolean().optional(),
  testingLife: z.boolean().optional(),
})

const FORCED = z.strictObject({ placement: PLACEMENT.nullable(), sender: z.string().optional() })

const ANYWHERE = { placement: z.union([PLACEMENT, z.literal('model')]).optional() }

const FOREIGN_MAIL = z.union([
  z.strictObject({ raw: z.string(), ...ANYWHERE }),
  z.strictObject({
    from: z.string(),
    subject: z.string(),
    text: z.string(),
    inReplyTo: z.string().optional(),
    ...ANYWHERE,
  }),
])

const ONE_MAILBOX = z.strictObject({ mailbox: z.string() })
const ANY_MAILBOX = z.strictObject({ mailbox: z.string().optional() })
const ONE_SCOPE = z.strictObject({ mailbox: z.string(), scope: z.string() })
const NEW_MAILBOX = z.strictObject({ address: z.string() })
const CLOCK = z.strictObject({ offsetMs: z.number() })

type Action = (control: Control, call: { body: unknown; query: URLSearchParams; mailbox: string }) => unknown

const ACTIONS: Record<string, Action> = {
  'GET faults': (control) => ({ faults: control.faults() }),
  'POST faults': (control, { body }) => control.addFault(FAULT.parse(body)),
  'DELETE faults': (control) => control.clearFaults(),

  'POST grants/expire': (control, { body }) => control.expireAccessTokens(ANY_MAILBOX.parse(body).mailbox),
  'POST grants/revoke': (control, { body }) => control.revokeGrant(ONE_MAILBOX.parse(body).mailbox),
  'POST grants/untick': (control, { body }) => {
    const { mailbox, scope } = ONE_SCOPE.parse(body)
    control.untickScope(mailbox, scope)
  },

  'GET options': (control) => control.options(),
  'POST options': (control, { body }) => control.setOptions(OPTIONS.parse(body)),
  'POST placement': (control, { body }) => {
    const { placement, sender } = FORCED.parse(body)
    control.forcePlacement(placement ?? undefined, sender)
  },

  'GET senders': (control) => ({ senders: control.senders() }),

  'GET mailboxes': (control) => ({ mailboxes: control.mailboxes() }),
  'POST mailboxes': (control, { body }) => control.createMailbox(NEW_MAILBOX.parse(body).address),
  'GET mailboxes/{mailbox}/messages': (control, { mailbox, query }) => ({
    messages: control.messages(mailbox, count(query, 'limit')),
  }),
  'POST mailboxes/{mailbox}/deliver': (control, { mailbox, body }) =>
    control.deliverForeign(mailbox, FOREIGN_MAIL.parse(body)),
  'POST mailboxes/{mailbox}/forget-history': (control, { mailbox }) => control.forgetHistory(mailbox),

  'GET clock': (control) => ({ now: control.now().toISOString() }),
  'POST clock': (control, { body }) => {
    control.setClockOffset(CLOCK.parse(body).offsetMs)
    return { now: control.now().toISOString() }
  },

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
    if (error instanceof z.ZodError) return json({ error: z.prettifyError(error) }, 400)
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

function isPattern(text: string): boolean {
  try {
    new RegExp(text)
    return true
  } catch {
    return false
  }
}
