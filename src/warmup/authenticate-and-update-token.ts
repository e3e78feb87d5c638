import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { StoredToken } from '../db/accounts.ts'
import type { Store } from '../db/store.ts'
import type { Clock } from '../domain/clock.ts'
import { GoogleError, NeedsReauthError } from '../domain/errors.ts'
import { clientOf, isExpired, isRefreshDue, missingScopes, refreshedToken } from '../domain/token.ts'
import type { GoogleOAuth } from '../google/oauth.ts'
import type { Logger } from '../logger.ts'

export type TokenDependencies = { store: Store; oauth: GoogleOAuth; clock: Clock; log: Logger }
export type ValidToken = { accessToken: string; refreshed: boolean }

/**
 * A valid access token of the account, refreshed and committed first where it is due. `refused` is an access token
 * that Gmail has just rejected: it counts as expired whatever its date says.
 * @throws NeedsReauthError where only the mailbox's owner can help
 * @throws GoogleError where Google can't be asked and the token is no longer valid
 */
export type AuthenticateAndUpdateToken = (accountId: number, refused?: string) => Promise<ValidToken>

/** Outlives the wait for Google's answer (20 s), so that a slow refresh is not begun a second time. */
const LEASE_SECONDS = 45
const POLL_MS = 50
/** A second apart: well inside the lease. */
const SAVE_TRIES = 20

/**
 * One refresh per expiry, however many tasks and processes ask: in this process callers share a promise, across
 * processes a lease on the account's row lets one of them go to Google while the others wait for the row to change.
 * No database connection is held meanwhile. A save and a condemnation both name the token's version that they are
 * about, so a late failure can't harm a newer token.
 */
export function createAuthenticator(dependencies: TokenDependencies): AuthenticateAndUpdateToken {
  const { store, oauth, clock, log } = dependencies
  const inFlight = new Map<string, Promise<ValidToken>>()

  return function authenticateAndUpdateToken(accountId, refused) {
    const key = `${accountId} ${refused ?? ''}`
    const running = inFlight.get(key)
    if (running) return running
    const promise = findOrRefresh(accountId, refused).finally(() => inFlight.delete(key))
    inFlight.set(key, promise)
    return promise
  }

  async function findOrRefresh(accountId: number, refused: string | undefined): Promise<ValidToken> {
    const giveUpAt = performance.now() + LEASE_SECONDS * 1000
    while (performance.now() < giveUpAt) {
      const stored = await store.accounts.token(accountId)
      if (!stored) throw new NeedsReauthError('the account has no token')
      if (stored.status === 'needs_reauth')
        throw new NeedsReauthError('the account waits to be connected again')
      const { access_token: accessToken } = stored.token
      const usable = accessToken !== refused && !isExpired(stored.token, clock.now())
      if (usable && !isRefreshDue(stored.token, clock.now())) return { accessToken, refreshed: false }

      const owner = randomUUID()
      if (await store.accounts.leaseRefresh(accountId, stored.version, owner, LEASE_SECONDS)) {
        const refreshed = await refresh(accountId, stored, owner, usable)
        if (refreshed) return refreshed
      } else if (usable) {
        return { accessToken, refreshed: false }
      } else {
        await delay(POLL_MS)
      }
    }
    throw new GoogleError('passing', 'another process has been refreshing this token for too long')
  }

  /** Null where the account got another token meanwhile, which is then the one to look at. */
  async function refresh(
    accountId: number,
    stored: StoredToken,
    owner: string,
    usable: boolean,
  ): Promise<ValidToken | null> {
    const client = clientOf(stored.token, oauth.client)
    try {
      const grant = await oauth.refresh(stored.token.refresh_token, client)
      const token = refreshedToken(stored.token, grant, client, clock.now())
      if (!(await persist(() => store.accounts.saveToken(accountId, stored.version, token)))) return null
      log.info({ accountId, expiry: token.expiry }, 'token refreshed')
      const missing = missingScopes(token.scope)
      if (missing.length > 0) {
        const condemnation = await condemned(
          accountId,
          stored.version + 1,
          `the grant lacks ${missing.join(', ')}`,
        )
        if (condemnation) throw condemnation
        return null
      }
      return { accessToken: token.access_token, refreshed: true }
    } catch (error) {
      if (!(error instanceof GoogleError)) throw error
      if (error.problem === 'grant_revoked') {
        const condemnation = await condemned(accountId, stored.version, error.message)
        if (condemnation) throw condemnation
        return null
      }
      // A token that still works goes on being used. The lease is left to lapse: until then nobody asks Google again.
      if (usable) return { accessToken: stored.token.access_token, refreshed: false }
      await store.accounts.releaseRefresh(accountId, owner)
      throw error
    }
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

  async function condemned(
    accountId: number,
    version: number,
    reason: string,
  ): Promise<NeedsReauthError | null> {
    const done = await store.transaction(async (tx) => {
      const changed = await tx.accounts.condemn(accountId, version, reason)
      if (changed) await tx.events.add({ kind: 'needs_reauth', at: clock.now(), accountId, data: { reason } })
      return changed
    })
    if (!done) return null
    log.warn({ accountId, reason }, 'account needs re-authentication')
    return new NeedsReauthError(reason)
  }
}
