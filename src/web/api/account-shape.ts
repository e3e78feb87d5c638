import { z } from 'zod'
import type { Account } from '../../db/accounts.ts'
import type { StoredToken } from '../../db/tokens.ts'
import { ACCOUNT_KINDS, ACCOUNT_STATUSES, type AccountStatus } from '../../domain/account.ts'
import { HEALTHS } from '../../domain/health.ts'
import { RAMPS } from '../../domain/ramp.ts'
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
const volume = (description: string, example: number) => z.int().meta({ description, examples: [example] })
const share = (description: string, example: number) => rate.meta({ description, examples: [example] })
const hours = (description: string, example: string) =>
  z.array(z.string()).meta({ description, examples: [[example]] })
const settingsShape = z
  .object({
    open_rate: share('Of the mail that it receives, from 0 to 1.', 0.8),
    reply_rate: share('Of the mail that it opens.', 0.55),
    important_rate: share('Of the mail that it opens.', 0.3),
    star_rate: share('Of the mail that it opens.', 0.1),
    rescue_rate: share('Of the mail that it finds in spam.', 1),
    primary_rate: share('Of the mail that it finds under Promotions.', 0.8),
    daily_limit: volume('Mails a day, replies included.', 50),
    ramp: z.enum(RAMPS).meta({ description: 'How the volume rises.', examples: ['standard'] }),
    start_volume: volume('Of the ramp `own`: mails on the first day.', 5),
    daily_increase: volume('Of the ramp `own`: more mails each day of warmup.', 2),
    daily_variation: share('A day’s volume is so much less to so much more than planned.', 0.1),
    maintenance_volume: volume('Mails a day once the ramp is done.', 20),
    time_zone: z.string().meta({ description: 'Of its days and hours.', examples: ['Europe/Berlin'] }),
    send_days: z
      .array(z.int().min(1).max(7))
      .meta({ description: 'ISO 8601: 1 is Monday.', examples: [[1, 2, 3, 4, 5]] }),
    send_hours: hours('When it sends.', '09:00-18:00'),
    holidays: hours('Days, or the first and the last of several.', '2026-12-24..2027-01-01'),
    waking_hours: hours('When it looks at its mail, on any day.', '07:30-22:30'),
    min_pause_minutes: volume('Between two mails that it sends.', 3),
    display_name: z
      .string()
      .meta({ description: 'Empty: what its address shows.', examples: ['Anna Keller'] }),
    signature: z.string().meta({ description: 'Stands under its mails.', examples: [''] }),
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
    health: z.enum(HEALTHS).meta({
      description: 'What its mail meets outside, as it was judged on its last day; `paused` is at rest.',
      examples: ['healthy'],
    }),
    rests_until: z.iso
      .date()
      .nullable()
      .meta({
        description: 'The local day on which it begins again, where it rests for its health.',
        examples: [null],
      }),
    warmup_day: z.int().meta({ description: 'Its step on the ramp; 0 before the first.', examples: [0] }),
    connected_at: time.meta({ description: 'When it last got a new grant.' }),
    token: tokenFactsShape.nullable().meta({
      description:
        'Null where no token is kept, or where it does not open: a key of TOKEN_ENCRYPTION_KEYS is lost.',
    }),
  })
  .meta({ id: 'Account' })

export function accountAnswer(account: Account, stored: StoredToken | null): z.input<typeof accountShape> {
  const { id, email, kind, status, failure, lastError, warmupDay, connectedAt, health, restsUntil } = account
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
      important_rate: account.importantRate,
      star_rate: account.starRate,
      rescue_rate: account.rescueRate,
      primary_rate: account.primaryRate,
      daily_limit: account.dailyLimit,
      ramp: account.ramp,
      start_volume: account.startVolume,
      daily_increase: account.dailyIncrease,
      daily_variation: account.dailyVariation,
      maintenance_volume: account.maintenanceVolume,
      time_zone: account.timeZone,
      send_days: account.sendDays,
      send_hours: account.sendHours,
      holidays: account.holidays,
      waking_hours: account.wakingHours,
      min_pause_minutes: account.minPauseMinutes,
      display_name: account.displayName,
      signature: account.signature,
    },
    health,
    rests_until: restsUntil,
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
