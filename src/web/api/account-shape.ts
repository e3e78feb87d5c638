import { z } from 'zod'
import type { Account } from '../../db/accounts.ts'
import type { StoredToken } from '../../db/tokens.ts'
import { ACCOUNT_KINDS, ACCOUNT_STATUSES, type AccountStatus } from '../../domain/account.ts'
import { factsOf, missingScopes } from '../../domain/token.ts'
import { failureAnswer, failureShape } from './failure-shape.ts'

/** The API shows no account that was removed. */
export const SHOWN_STATUSES = ACCOUNT_STATUSES.filter(
  (status): status is Exclude<AccountStatus, 'removed'> => status !== 'removed',
)

export const time = z.iso.datetime().meta({ examples: ['2026-11-20T09:30:00.000Z'] })
const scopes = z.array(z.string())
const SEND = 'https://www.googleapis.com/auth/gmail.send'
const CALENDAR = 'https://www.googleapis.com/auth/calendar.readonly'

const tokenFactsShape = z
  .object({
    scopes: scopes.meta({ description: 'As Google granted them.', examples: [[SEND, CALENDAR]] }),
    missing_scopes: scopes.meta({
      description: 'What the workers need and the grant lacks; they need nothing of a vault account.',
      examples: [[]],
    }),
    extra_scopes: scopes.meta({
      description:
        'What is asked of Google at the next consent besides the workers’ needs. What of it was granted stands in scopes.',
      examples: [[CALENDAR]],
    }),
    obtained_at: time.meta({ description: 'When the grant was made.' }),
    refreshed_at: time.meta({ description: 'When the refresh token was last used with success.' }),
    expires_at: time.meta({ description: 'When the access token ends. It is refreshed by itself.' }),
    grant_ends_at: time.nullable().meta({
      description: 'When the grant itself ends, where Google has said so; else null.',
      examples: [null],
    }),
  })
  .meta({
    id: 'TokenFacts',
    description: 'What is known of an account’s token. The token itself is not shown.',
  })

const rate = z.number().min(0).max(1)
const settingsShape = z
  .object({
    open_rate: rate.meta({ description: 'From 0 to 1.', examples: [0.8] }),
    reply_rate: rate.meta({ description: 'From 0 to 1.', examples: [0.55] }),
    daily_limit: z.int().meta({ description: 'Mails a day, replies included.', examples: [50] }),
    start_volume: z.int().meta({ description: 'Mails on the first day.', examples: [5] }),
    daily_increase: z.int().meta({ description: 'More mails each day of warmup.', examples: [2] }),
    time_zone: z.string().meta({ description: 'Of its working hours.', examples: ['Europe/Berlin'] }),
  })
  .meta({ id: 'Settings', description: 'What the operator chose. A vault account makes no use of it.' })

export const accountShape = z
  .object({
    id: z.int().meta({ description: 'Never changes, while an address may.', examples: [7] }),
    email: z.string().meta({ description: 'The mailbox’s address.', examples: ['anna@example.com'] }),
    kind: z.enum(ACCOUNT_KINDS).meta({
      description:
        'A warmup account starts conversations, a pool account answers them; of a vault account only the token is kept.',
      examples: ['vault'],
    }),
    status: z.enum(SHOWN_STATUSES).meta({
      description: 'A paused account hands out its token; one that needs_reauth can’t.',
      examples: ['active'],
    }),
    failure: failureShape
      .nullable()
      .meta({ description: 'Why it must be connected again; null where it need not be.', examples: [null] }),
    last_error: z
      .string()
      .nullable()
      .meta({ description: 'The last failure in Google’s words, or null.', examples: [null] }),
    settings: settingsShape,
    warmup_day: z.int().meta({ description: 'Working days of warmup so far.', examples: [0] }),
    connected_at: time.meta({ description: 'When it last got a new grant.' }),
    token: tokenFactsShape.nullable().meta({
      description:
        'Null where no token is kept, or where it does not open: a key of TOKEN_ENCRYPTION_KEYS is lost.',
    }),
  })
  .meta({ id: 'Account' })

export function accountAnswer(account: Account, stored: StoredToken | null): z.input<typeof accountShape> {
  const { id, email, kind, status, failure, lastError, warmupDay, connectedAt } = account
  if (status === 'removed') throw new Error(`account ${id} was removed and can’t be shown`)
  return {
    id,
    email,
    kind,
    status,
    failure: failure && failureAnswer(failure),
    last_error: lastError,
    settings: {
      open_rate: account.openRate,
      reply_rate: account.replyRate,
      daily_limit: account.dailyLimit,
      start_volume: account.startVolume,
      daily_increase: account.dailyIncrease,
      time_zone: account.timeZone,
    },
    warmup_day: warmupDay,
    connected_at: connectedAt.toISOString(),
    token: stored && tokenFacts(account, stored),
  }
}

function tokenFacts({ kind, extraScopes }: Account, { token }: StoredToken) {
  const { scopes, obtainedAt, refreshedAt, expiresAt, grantEndsAt } = factsOf(token)
  return {
    scopes,
    missing_scopes: missingScopes(scopes, kind),
    extra_scopes: extraScopes,
    obtained_at: obtainedAt.toISOString(),
    refreshed_at: refreshedAt.toISOString(),
    expires_at: expiresAt.toISOString(),
    grant_ends_at: grantEndsAt?.toISOString() ?? null,
  }
}
