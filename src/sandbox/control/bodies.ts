import * as z from 'zod'

const PLACEMENT = z.enum(['inbox', 'promotions', 'spam'])

export const FAULT = z.strictObject({
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

export const OPTIONS = z.strictObject({
  quota: z.boolean().optional(),
  rewriteMessageIds: z.boolean().optional(),
  rotateRefreshTokens: z.boolean().optional(),
  testingLife: z.boolean().optional(),
})

export const FORCED = z.union([
  z.strictObject({ placement: PLACEMENT.nullable(), sender: z.string().optional() }),
  z.strictObject({ placement: PLACEMENT.nullable(), domain: z.string() }),
])

const ANYWHERE = { placement: z.union([PLACEMENT, z.literal('model')]).optional() }

export const FOREIGN_MAIL = z.union([
  z.strictObject({ raw: z.string(), ...ANYWHERE }),
  z.strictObject({
    from: z.string(),
    subject: z.string(),
    text: z.string(),
    inReplyTo: z.string().optional(),
    ...ANYWHERE,
  }),
])

export const ONE_MAILBOX = z.strictObject({ mailbox: z.string() })
export const ANY_MAILBOX = z.strictObject({ mailbox: z.string().optional() })
export const ONE_SCOPE = z.strictObject({ mailbox: z.string(), scope: z.string() })
export const GRANT = z.strictObject({
  mailbox: z.string(),
  scopes: z.array(z.string()),
  clientId: z.string().optional(),
})
export const KILL = z.strictObject({
  mailbox: z.string(),
  reason: z.enum(['revoked', 'deleted', 'session_policy']),
})
export const REFUSAL = z
  .strictObject({ status: z.string(), words: z.string(), action: z.enum(['failed', 'delayed']).optional() })
  .nullable()
export const PUSH = z
  .strictObject({
    endpoint: z.url({ protocol: /^https?$/ }),
    audience: z.string().min(1),
    serviceAccount: z.string().min(1),
  })
  .nullable()
export const SWITCH = z.strictObject({ on: z.boolean() })
export const NEW_MAILBOX = z.strictObject({ address: z.string() })
export const CLOCK = z.strictObject({ offsetMs: z.number() })
export const CLIENT = z.strictObject({ id: z.string().min(1), secret: z.string().min(1) })
export const ONE_CLIENT = z.strictObject({ id: z.string() })

function isPattern(text: string): boolean {
  try {
    new RegExp(text)
    return true
  } catch {
    return false
  }
}
