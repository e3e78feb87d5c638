import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { StoredToken } from '../db/tokens.ts'
import { GoogleError, NeedsReauthError } from '../domain/errors.ts'
import {
  clientOf,
  factsOf,
  isRefreshDue,
  type OAuthToken,
  secondsLeft,
  type TokenFacts,
} from '../domain/token.ts'
import { createAppBreaker } from './app-breaker.ts'
import { createRefresher, type RefreshDependencies } from './refresh-token.ts'
import { createTurns } from './take-turns.ts'

/** Its times are in warmup time. */
export type ValidToken = TokenFacts & {
  accessToken: string
  /** Counts the account's tokens: the one that comes after this has a higher one. */
  version: number
  refreshed: boolean
}
export type TokenWish = {
  /** The version of a token that Gmail has just rejected, or that is to be replaced: it counts as expired. */
  newerThan?: number
  /** How long the token must live on, in seconds. Left out, one that has not ended will do while Google fails. */
  validFor?: number
  /** The token as the caller has just read it: where it will do and is not due, nothing is read again. */
  stored?: StoredToken | null
}

/**
 * A valid access token of the account, refreshed and committed first where it is due.
 * @throws NeedsReauthError where only the mailbox's owner can help
 * @throws GoogleError where Google can't be asked and the token at hand won't do; `retryAt` says when it is worth
 *   asking again
 */
export type AuthenticateAndUpdateToken = (accountId: number, wish?: TokenWish) => Promise<ValidToken>

/** Outlives the wait for Google's answer (20 s), so that a slow refresh is not begun a second time. */
const LEASE_SECONDS = 45
const POLL_MS = 50
const JUST_REFRESHED_MS = 60_000
/** Refreshes that one process asks of Google at once: so many at most find out together that a client is refused. */
const MOST_AT_ONCE = 20

/**
 * One refresh per expiry, however many tasks and processes ask: in this process callers share a promise, across
 * processes a lease on the account's row lets one of them go to Google while the others wait for the row to change.
 * No database connection is held meanwhile. A save and a condemnation both name the token's version that they are
 * about, so a late failure can't harm a newer token.
 */
export function createAuthenticator(dependencies: RefreshDependencies): AuthenticateAndUpdateToken {
  const { store, oauth, clock } = dependencies
  const breaker = createAppBreaker(dependencies)
  const refreshToken = createRefresher(dependencies, breaker)
  const inFlight = new Map<string, Promise<ValidToken>>()
  const turns = createTurns(MOST_AT_ONCE)

  return async function authenticateAndUpdateToken(accountId, { stored, ...wish } = {}) {
    if (stored && isUsable(stored, wish, clock.now())) return validToken(stored, false)
    const key = `${accountId} ${wish.newerThan ?? ''} ${wish.validFor ?? ''}`
    const running = inFlight.get(key)
    if (running) return running
    const promise = findOrRefresh(accountId, wish).finally(() => inFlight.delete(key))
    inFlight.set(key, promise)
    return promise
  }

  async function findOrRefresh(accountId: number, wish: TokenWish): Promise<ValidToken> {
    const giveUpAt = performance.now() + LEASE_SECONDS * 1000
    const isLate = () => performance.now() >= giveUpAt
    for (;;) {
      const { atHand, isDue } = await look(accountId, wish)
      if (atHand && (!isDue || isLate())) return atHand
      if (isLate())
        throw new GoogleError('passing', 'Google answers too slowly for the token to be refreshed')
      const token = await turns.take(async () => (isLate() ? null : refreshUnlessOthersDo(accountId, wish)))
      if (token) return token
      await delay(POLL_MS)
    }
  }

  /** The token that is kept, where it is what was asked for, and whether it is to be refreshed now. */
  async function look(
    accountId: number,
    wish: TokenWish,
  ): Promise<{ stored: StoredToken; atHand: ValidToken | null; isDue: boolean }> {
    const stored = await store.tokens.of(accountId)
    if (!stored || stored.status === 'removed')
      throw new NeedsReauthError('no_token', 'the account has no token')
    if (stored.status === 'needs_reauth') throw await reasonOf(accountId)
    const now = clock.now()
    const atHand = suits(stored, wish, now) ? validToken(stored, false) : null
    const cooling = coolingOf(stored, now)
    if (cooling && !atHand) throw cooling
    return { stored, atHand, isDue: !atHand || (!cooling && isRefreshDue(stored.token, now)) }
  }

  /** Null where another process refreshes it, or the account has got another token: then it is worth a new look. */
  async function refreshUnlessOthersDo(accountId: number, wish: TokenWish): Promise<ValidToken | null> {
    const { stored, atHand, isDue } = await look(accountId, wish)
    if (!isDue) return atHand
    try {
      const refusal = await breaker.refusalOf(clientOf(stored.token, oauth.client))
      if (refusal) throw refusal
      const owner = randomUUID()
      if (!(await store.tokens.leaseRefresh(accountId, stored.version, owner, LEASE_SECONDS))) return atHand
      const refreshed = await refreshToken(accountId, stored, owner)
      return refreshed && validToken(refreshed, true)
    } catch (error) {
      // A token that still works goes on being used while Google fails.
      if (error instanceof GoogleError && atHand) return atHand
      throw error
    }
  }

  async function reasonOf(accountId: number): Promise<NeedsReauthError> {
    const account = await store.accounts.byId(accountId)
    return new NeedsReauthError(
      account?.failure ?? 'grant_revoked',
      account?.lastError ?? 'the account waits to be connected again',
    )
  }
}

/** Whether a token is what was asked for. */
function suits(
  { token, version }: StoredToken,
  { newerThan = 0, validFor = 0 }: TokenWish,
  now: Date,
): boolean {
  const left = secondsLeft(token, now)
  if (version <= newerThan || left === 0) return false
  // Google may give tokens that live shorter than is wished for: then a new one would be no better.
  const age = now.getTime() - factsOf(token).refreshedAt.getTime()
  return left >= validFor || age < JUST_REFRESHED_MS
}

/** Whether it is what was asked for, and nothing is to be done about it. */
function isUsable(stored: StoredToken, wish: TokenWish, now: Date): boolean {
  const { token, status } = stored
  return (status === 'active' || status === 'paused') && suits(stored, wish, now) && !isRefreshDue(token, now)
}

function coolingOf({ cooling }: StoredToken, now: Date): GoogleError | null {
  if (!cooling || cooling.until <= now) return null
  return new GoogleError(cooling.problem, cooling.words, { retryAt: cooling.until })
}

function validToken(
  { token, version }: { token: OAuthToken; version: number },
  refreshed: boolean,
): ValidToken {
  return { accessToken: token.access_token, ...factsOf(token), version, refreshed }
}
