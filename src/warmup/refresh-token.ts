import { setTimeout as delay } from 'node:timers/promises'
import type { StoredToken } from '../db/tokens.ts'
import { GoogleError, MissingScopesError, NeedsReauthError } from '../domain/errors.ts'
import type { Observer } from '../domain/observer.ts'
import type { Random } from '../domain/random.ts'
import {
  type ClientCredentials,
  clientOf,
  missingScopes,
  type OAuthToken,
  refreshedToken,
  scopesOf,
} from '../domain/token.ts'
import { causeOfRefusal } from '../domain/token-failure.ts'
import type { GoogleOAuth } from '../google/oauth.ts'
import type { Logger } from '../logger.ts'
import { type AppBreaker, acceptsClient } from './app-breaker.ts'
import { condemnAccount, type IncidentDependencies, tellAcquittal } from './incidents.ts'

export type RefreshDependencies = IncidentDependencies & {
  oauth: GoogleOAuth
  random: Random
  observe: Observer
  log: Logger
}

/** A second apart: well inside the lease. */
const SAVE_TRIES = 20
/** After a failure that passes Google is asked again 30 to 45 s later, or up to 15 s after the time that it named. */
const COOL_DOWN_SECONDS = 30

/**
 * Asks Google for a new access token, as the owner of the lease, and commits it with whatever else the answer says of the
 * account or the OAuth client.
 * @returns the token and its version; null where the account got another token meanwhile, or was condemned: then it is
 *   worth a new look
 * @throws GoogleError whose `retryAt` says when Google may be asked again
 */
export type RefreshToken = (
  accountId: number,
  stored: StoredToken,
  owner: string,
) => Promise<{ token: OAuthToken; version: number } | null>

export function createRefresher(dependencies: RefreshDependencies, breaker: AppBreaker): RefreshToken {
  const { store, oauth, clock, random, observe, log } = dependencies

  return async function refreshToken(accountId, stored, owner) {
    const client = clientOf(stored.token, oauth.client)
    // Google counts the token's life from its answer, which can only be later.
    const askedAt = clock.now()
    try {
      const grant = await oauth.refresh(stored.token.refresh_token, client)
      const token = refreshedToken(stored.token, grant, client, askedAt)
      const isKept = await keep(accountId, stored, token)
      await breaker.accept(client)
      observe.tokenRefreshed(isKept ? 'refreshed' : 'superseded')
      return isKept ? { token, version: stored.version + 1 } : null
    } catch (error) {
      if (!(error instanceof GoogleError)) throw error
      observe.tokenRefreshed(error.problem)
      if (acceptsClient(error)) await breaker.accept(client)
      if (error.problem === 'grant_revoked') {
        const cause = error.grantFailure ?? causeOfRefusal(stored.token, clock.now())
        await condemn(accountId, stored.version, new NeedsReauthError(cause, error.message))
        return null
      }
      throw new GoogleError(error.problem, error.message, {
        retryAt: await standOff(accountId, owner, client, error),
      })
    }
  }

  /** False where the token is not the account's, or does not suffice. */
  async function keep(accountId: number, stored: StoredToken, token: OAuthToken): Promise<boolean> {
    const version = stored.version + 1
    const saved = await persist(() => store.tokens.save(accountId, stored.version, token))
    if (saved === null) return false
    // Whoever took this process for dead has tried a refresh token that Google had just replaced.
    if (saved.isAcquitted) await tellAcquittal(dependencies, accountId)
    log.info({ accountId, expiry: token.expiry }, 'token refreshed')
    const missing = missingScopes(scopesOf(token), saved.kind)
    if (missing.length > 0) await condemn(accountId, version, new MissingScopesError(missing))
    return missing.length === 0
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

  async function condemn(accountId: number, version: number, why: NeedsReauthError) {
    if (await condemnAccount(dependencies, accountId, version, why))
      log.warn({ accountId, failure: why.failure, reason: why.message }, 'account needs re-authentication')
  }

  /** Sees to it that Google is left alone for a while: by this account, or by all of a refused client. */
  async function standOff(
    accountId: number,
    owner: string,
    client: ClientCredentials,
    { problem, message: words, retryAt }: GoogleError,
  ): Promise<Date> {
    if (problem === 'app_refused') {
      const until = await breaker.trip(client, words)
      await store.tokens.releaseRefresh(accountId, owner)
      return until
    }
    const soonest = clock.now().getTime() + COOL_DOWN_SECONDS * 1000
    const jitter = (COOL_DOWN_SECONDS / 2) * random() * 1000
    const until = new Date(Math.max(soonest, retryAt?.getTime() ?? 0) + jitter)
    await store.tokens.coolDown(accountId, owner, { problem, words, until })
    return until
  }
}
