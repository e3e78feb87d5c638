import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { StoredToken } from '../db/accounts.ts'
import { GoogleError, NeedsReauthError } from '../domain/errors.ts'
import type { Random } from '../domain/random.ts'
import {
  type ClientCredentials,
  clientOf,
  factsOf,
  isRefreshDue,
  missingScopes,
  type OAuthToken,
  refreshedToken,
  scopesOf,
  secondsLeft,
  type TokenFacts,
} from '../domain/token.ts'
import { causeOfRefusal, type TokenFailure } from '../domain/token-failure.ts'
import type { GoogleOAuth } from '../google/oauth.ts'
import type { Logger } from '../logger.ts'
import { closeBreaker, condemnAccount, type IncidentDependencies, openBreaker } from './incidents.ts'
import { createTurns } from './take-turns.ts'

export type TokenDependencies = IncidentDependencies & { oauth: GoogleOAuth; random: Random; log: Logger }
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
/** A second apart: well inside the lease. */
const SAVE_TRIES = 20
/** After a failure that passes Google is asked again 30 to 45 s later, each account at a time of its own. */
const COOL_DOWN_SECONDS = 30
/** Refreshes that one process asks of Google at once: so many at most find out together that a client is refused. */
const MOST_AT_ONCE = 20
/** A refused OAuth client is tried by one refresh a minute. */
const PROBE_SECONDS = 60

/**
 * One refresh per expiry, however many tasks and processes ask: in this process callers share a promise, across
 * processes a lease on the account's row lets one of them go to Google while the others wait for the row to change.
 * No database connection is held meanwhile. A save and a condemnation both name the token's version that they are
 * about, so a late failure can't harm a newer token.
 */
export function createAuthenticator(dependencies: TokenDependencies): AuthenticateAndUpdateToken {
  const { store, oauth, clock, random, log } = dependencies
  const inFlight = new Map<string, Promise<ValidToken>>()
  const turns = createTurns(MOST_AT_ONCE)

  return function authenticateAndUpdateToken(accountId, wish = {}) {
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
    const stored = await store.accounts.token(accountId)
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
    const client = clientOf(stored.token, oauth.client)
    const refused = await breakerOf(client, clock.now())
    if (refused && !atHand) throw refused
    const owner = randomUUID()
    if (refused || !(await store.accounts.leaseRefresh(accountId, stored.version, owner, LEASE_SECONDS)))
      return atHand
    return refresh(accountId, stored, owner, atHand)
  }

  async function reasonOf(accountId: number): Promise<NeedsReauthError> {
    const account = await store.accounts.byId(accountId)
    return new NeedsReauthError(
      account?.failure ?? 'grant_revoked',
      account?.lastError ?? 'the account waits to be connected again',
    )
  }

  /** Why nobody may ask Google with this client now; null where one may. */
  async function breakerOf({ clientId }: ClientCredentials, now: Date): Promise<GoogleError | null> {
    const breaker = await store.incidents.breakerOf(clientId)
    if (!breaker) return null
    const next = secondsAfter(now, PROBE_SECONDS)
    if (breaker.nextTryAt <= now && (await store.incidents.takeProbe(clientId, now, next))) return null
    return new GoogleError('app_refused', breaker.words, {
      retryAt: breaker.nextTryAt <= now ? next : breaker.nextTryAt,
    })
  }

  /** Null where the account got another token meanwhile, which is then the one to look at. */
  async function refresh(
    accountId: number,
    stored: StoredToken,
    owner: string,
    atHand: ValidToken | null,
  ): Promise<ValidToken | null> {
    const client = clientOf(stored.token, oauth.client)
    // Google counts the token's life from its answer, which can only be later.
    const askedAt = clock.now()
    try {
      const grant = await oauth.refresh(stored.token.refresh_token, client)
      const token = refreshedToken(stored.token, grant, client, askedAt)
      const saved = await persist(() => store.accounts.saveToken(accountId, stored.version, token))
      await acceptClient(client)
      if (!saved) return null
      log.info({ accountId, expiry: token.expiry }, 'token refreshed')
      const version = stored.version + 1
      const missing = missingScopes(scopesOf(token), stored.kind)
      if (missing.length > 0) {
        const words = `the grant lacks ${missing.join(', ')}`
        await condemn(accountId, version, 'missing_scopes', words)
        return null
      }
      return validToken({ token, version }, true)
    } catch (error) {
      if (!(error instanceof GoogleError)) throw error
      if (saysClientIsRight(error)) await acceptClient(client)
      if (error.problem === 'grant_revoked') {
        const cause = error.grantFailure ?? causeOfRefusal(stored.token, clock.now())
        await condemn(accountId, stored.version, cause, error.message)
        return null
      }
      const until = await standOff(accountId, owner, client, error)
      if (atHand) return atHand
      throw new GoogleError(error.problem, error.message, { retryAt: until })
    }
  }

  async function acceptClient({ clientId }: ClientCredentials): Promise<void> {
    if (await store.incidents.breakerOf(clientId)) await closeBreaker(dependencies, clientId)
  }

  /** Sees to it that Google is left alone for a while: by this account, or by all of a refused client. */
  async function standOff(
    accountId: number,
    owner: string,
    { clientId }: ClientCredentials,
    error: GoogleError,
  ): Promise<Date> {
    const now = clock.now()
    if (error.problem === 'app_refused') {
      const until = secondsAfter(now, PROBE_SECONDS)
      await openBreaker(dependencies, clientId, error.message, until)
      await store.accounts.releaseRefresh(accountId, owner)
      return until
    }
    const pause = secondsAfter(now, COOL_DOWN_SECONDS * (1 + random() / 2))
    const until = error.retryAt && error.retryAt > pause ? error.retryAt : pause
    await store.accounts.coolDown(accountId, owner, { problem: error.problem, words: error.message, until })
    return until
  }

  /** Google may have made the old refresh token worthless: the new one is not given up while the lease lasts. */
  async function persist<T>(save: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await save()
      } catch (err) {
        if (tries === SAVE_TRIES) throw err
        log.warn({ err }, 'a refreshed token could not be saved; it is tried again')
        await delay(1000)
      }
    }
  }

  async function condemn(accountId: number, version: number, failure: TokenFailure, words: string) {
    if (await condemnAccount(dependencies, accountId, version, { failure, words }))
      log.warn({ accountId, failure, reason: words }, 'account needs re-authentication')
  }
}

/** Whether a token is what was asked for. */
function suits(
  { token, version }: StoredToken,
  { newerThan = 0, validFor = 0 }: TokenWish,
  now: Date,
): boolean {
  const left = secondsLeft(token, now)
  return version > newerThan && left > 0 && left >= validFor
}

/** Google looks at the client before it looks at the grant (RFC 6749, 6). */
function saysClientIsRight({ problem }: GoogleError): boolean {
  return problem === 'grant_revoked' || problem === 'domain_policy'
}

function coolingOf({ cooling }: StoredToken, now: Date): GoogleError | null {
  if (!cooling || cooling.until <= now) return null
  return new GoogleError(cooling.problem, cooling.words, { retryAt: cooling.until })
}

function validToken(
  { token, version }: { token: OAuthToken; version: number },
  refreshed: boolean,
): ValidToken {
  return {
    accessToken: token.access_token,
    ...factsOf(token),
    version,
    refreshed,
  }
}

function secondsAfter(now: Date, seconds: number): Date {
  return new Date(now.getTime() + seconds * 1000)
}
