import { settingsOf } from '../../domain/account.ts'
import type { Clock } from '../../domain/clock.ts'
import { failureOf, GoogleError, NeedsReauthError } from '../../domain/errors.ts'
import { secondsLeft } from '../../domain/token.ts'
import { FAILURE_ADVICE, type TokenFailure } from '../../domain/token-failure.ts'
import { issueConnectLink } from '../../warmup/connect-link.ts'
import { failureAnswer } from './failure-shape.ts'
import { noAccount } from './find-account.ts'
import type { ApiDependencies } from './operation.ts'
import { ApiProblem } from './problems.ts'

const CONNECT_URL_MINUTES = 7 * 24 * 60
/** Where Google has named no time. */
const RETRY_SECONDS = 30

/** Why a token could not be handed out. @throws what is no answer to the caller, as it is */
export async function tokenProblem(
  api: ApiDependencies,
  accountId: number,
  error: unknown,
): Promise<ApiProblem> {
  if (error instanceof NeedsReauthError) return ownerProblem(api, accountId, error)
  if (!(error instanceof GoogleError)) throw error
  const { store, clock } = api.warmup
  const stored = await store.tokens.of(accountId)
  const minutes = stored ? Math.floor(secondsLeft(stored.token, clock.now()) / 60) : 0
  return googleProblem(clock, failureOf(error), {
    words: error.message,
    retryAt: error.retryAt,
    members: { valid_for_minutes: minutes },
  })
}

/** Google could not be asked, or may not be. `retryAt` is warmup time. */
export function googleProblem(
  clock: Clock,
  failure: TokenFailure,
  options: { words: string; retryAt: Date | null; members?: { valid_for_minutes: number } },
): ApiProblem {
  const { words, retryAt, members } = options
  const code = failure === 'app_refused' || failure === 'domain_policy' ? failure : 'google_unavailable'
  return new ApiProblem(code, sentence(failure, words), {
    failure: failureAnswer(failure),
    retry_after_seconds: retryAt ? secondsUntil(retryAt, clock.now()) : RETRY_SECONDS,
    ...members,
  })
}

async function ownerProblem(
  { warmup, wallNow }: ApiDependencies,
  accountId: number,
  { failure, message }: NeedsReauthError,
): Promise<ApiProblem> {
  const account = await warmup.store.accounts.byId(accountId)
  if (!account || account.status === 'removed') return noAccount(accountId)
  const link = await issueConnectLink(
    warmup,
    { email: account.email, settings: settingsOf(account) },
    { wallNow: wallNow(), validForMinutes: CONNECT_URL_MINUTES },
  )
  return new ApiProblem('needs_reauth', sentence(failure, message), {
    failure: failureAnswer(failure),
    connect_url: link.url,
  })
}

function sentence(failure: TokenFailure, words: string): string {
  const { means } = FAILURE_ADVICE[failure]
  return `${means.charAt(0).toUpperCase()}${means.slice(1)}: ${words}`
}

function secondsUntil(time: Date, now: Date): number {
  return Math.max(1, Math.ceil((time.getTime() - now.getTime()) / 1000))
}
