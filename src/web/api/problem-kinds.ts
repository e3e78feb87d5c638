import { z } from 'zod'
import { API_SCOPES } from '../../domain/api-key.ts'
import { SHOWN_STATUSES } from './account-shape.ts'
import { CALLS_PER_MINUTE, CREDENTIALS_PER_MINUTE, FORCED_REFRESHES_PER_MINUTE } from './allowances.ts'
import { credentialsFailureShape, failureShape } from './failure-shape.ts'

export type Members = Record<string, unknown>
type Header = { means: string; value: (members: Members) => string }
export type Kind = {
  status: number
  title: string
  means: string
  /** What it says besides type, title, status and detail. */
  members: z.ZodRawShape
  headers?: Record<string, Header>
}

const wait = z
  .int()
  .min(1)
  .meta({ description: 'Seconds to wait before the next try.', examples: [30] })
const retryAfter: Record<string, Header> = {
  'Retry-After': { means: 'Seconds to wait.', value: (members) => String(members.retry_after_seconds) },
}
const waiting = { members: { retry_after_seconds: wait }, headers: retryAfter }
const googleWaiting = {
  members: {
    failure: failureShape,
    retry_after_seconds: wait,
    valid_for_minutes: z
      .int()
      .min(0)
      .optional()
      .meta({
        description:
          'How long the token at hand is still good for: ask for no more than this with min_valid_minutes, and you get it. 0 where it has ended; left out where no token was asked for.',
        examples: [12],
      }),
  },
  headers: retryAfter,
}

const invalidField = z
  .object({
    in: z.enum(['path', 'query', 'body']).meta({ description: 'Where it was sent.', examples: ['query'] }),
    path: z
      .string()
      .meta({ description: 'The field’s name; empty for the body itself.', examples: ['limit'] }),
    problem: z.string().meta({ description: 'What is wrong; it repeats no secret.', examples: ['is “500”'] }),
    expected: z
      .string()
      .meta({ description: 'What would be right.', examples: ['a whole number from 1 to 200'] }),
  })
  .meta({ id: 'InvalidField' })

/** All problems that the API answers with. A code is stable: it is the end of the problem’s `type`. */
export const PROBLEMS = {
  unreadable: {
    status: 400,
    title: 'The request can’t be read',
    means: 'The body is no JSON, or the address can’t be decoded.',
    members: {},
  },
  unauthenticated: {
    status: 401,
    title: 'No valid API key',
    means:
      'The header Authorization: Bearer <key> is missing, or the key is unknown, revoked or past its end. Which of these is not said.',
    members: {},
    headers: { 'WWW-Authenticate': { means: 'Bearer', value: () => 'Bearer' } },
  },
  insufficient_scope: {
    status: 403,
    title: 'The key may not do this',
    means: 'The key lacks the scope that the operation needs.',
    members: {
      needed_scope: z
        .enum(API_SCOPES)
        .meta({ description: 'An operator can make a key that has it.', examples: ['tokens:read'] }),
    },
    headers: {
      'WWW-Authenticate': {
        means: 'Bearer, with the scope that is needed.',
        value: ({ needed_scope }) => `Bearer error="insufficient_scope", scope="${needed_scope}"`,
      },
    },
  },
  not_found: {
    status: 404,
    title: 'There is nothing here',
    means: 'There is no such account or message, or the account was removed, or the API has no such path.',
    members: {},
  },
  method_not_allowed: {
    status: 405,
    title: 'This path does not know the method',
    means: 'The header Allow names the methods that it knows.',
    members: {
      allowed: z.array(z.string()).meta({ description: 'The methods it knows.', examples: [['GET']] }),
    },
    headers: {
      Allow: { means: 'The methods it knows.', value: ({ allowed }) => (allowed as string[]).join(', ') },
    },
  },
  needs_reauth: {
    status: 409,
    title: 'The account must be connected again',
    means:
      'Google refuses the account’s refresh token, and only the mailbox’s owner can mend that. Send them connect_url: it needs no session, and works for 7 days or until the account is connected.',
    members: {
      failure: failureShape,
      connect_url: z.url().meta({
        description: 'For the mailbox’s owner.',
        examples: ['https://kindling.example.com/connect?link=…'],
      }),
    },
  },
  wrong_state: {
    status: 409,
    title: 'The account’s state does not allow this',
    means: 'For instance, an account that must be connected again can’t be paused or resumed.',
    members: {
      account_status: z
        .enum(SHOWN_STATUSES)
        .meta({ description: 'The state it is in.', examples: ['needs_reauth'] }),
    },
  },
  too_large: {
    status: 413,
    title: 'The body is too large',
    means: 'A body holds at most 20 kB.',
    members: {},
  },
  unsupported_media_type: {
    status: 415,
    title: 'The body is not declared as JSON',
    means: 'Send it with the header Content-Type: application/json, in UTF-8, as it is or gzipped.',
    members: {},
  },
  invalid_request: {
    status: 422,
    title: 'The request is not as expected',
    means:
      'Each field that is wrong, with its problem and what was expected. Fields that nobody knows are wrong too.',
    members: { errors: z.array(invalidField).meta({ description: 'One for each field that is wrong.' }) },
  },
  credentials_refused: {
    status: 422,
    title: 'The credentials are not kept',
    means: 'They were tried at Google first, and did not prove themselves. Nothing was changed.',
    members: { failure: credentialsFailureShape },
  },
  rate_limited: {
    status: 429,
    title: 'Too many calls with this key',
    means: `A key may call ${CALLS_PER_MINUTE} times a minute in all; of these it may force ${FORCED_REFRESHES_PER_MINUTE} refreshes, and hand in ${CREDENTIALS_PER_MINUTE} refresh tokens.`,
    ...waiting,
  },
  google_unavailable: {
    status: 503,
    title: 'Google can’t be asked now',
    means: 'It does not answer, or asks to wait. No account is to blame; the call may be repeated as it is.',
    ...googleWaiting,
  },
  app_refused: {
    status: 503,
    title: 'Google refuses the OAuth client',
    means: 'The operator must mend the OAuth client. No account needs connecting again.',
    ...googleWaiting,
  },
  domain_policy: {
    status: 503,
    title: 'The mailbox’s domain does not allow this app',
    means: 'The domain’s administrator must trust the app.',
    ...googleWaiting,
  },
  internal: {
    status: 500,
    title: 'Something went wrong here',
    means: 'The details are in the log of kindling, under the reference.',
    members: {
      reference: z
        .string()
        .meta({ description: 'Stands beside the error in the log.', examples: ['9f86d081'] }),
    },
  },
} satisfies Record<string, Kind>
