import type { AccountKind, AccountStatus } from '../domain/account.ts'
import type { GoogleProblem } from '../domain/errors.ts'
import type { OAuthToken } from '../domain/token.ts'
import type { TokenFailure } from '../domain/token-failure.ts'
import type { Database } from './connection.ts'
import { inSeconds } from './database-time.ts'
import { and, eq, inArray, isNull, or, sql } from './drizzle.ts'
import { accounts } from './schema.ts'
import { accountContext, SealError, type Sealer } from './sealing.ts'

export type Cooling = { problem: GoogleProblem; words: string; until: Date }
export type StoredToken = {
  token: OAuthToken
  version: number
  kind: AccountKind
  status: AccountStatus
  /** Google failed at the last refresh: nobody asks it again before this time. */
  cooling: Cooling | null
}

export type Saved = { kind: AccountKind; isAcquitted: boolean }

/**
 * The tokens of accounts, and who may refresh them. Whatever changes one names the version that it is about, and does
 * nothing where the account has got another one meanwhile.
 */
export function createTokens(db: Database, sealer: Sealer) {
  return {
    async of(id: number): Promise<StoredToken | null> {
      const [row] = await db.select(tokenColumns).from(accounts).where(eq(accounts.id, id))
      return row ? opened(sealer, row) : null
    },

    /** The tokens of several accounts, by account; those without one that opens are left out. */
    async ofAll(ids: readonly number[]): Promise<Map<number, StoredToken>> {
      const rows = await db
        .select(tokenColumns)
        .from(accounts)
        .where(inArray(accounts.id, [...ids]))
      const found = new Map<number, StoredToken>()
      for (const row of rows) {
        const stored = openedOrNull(sealer, row)
        if (stored) found.set(row.id, stored)
      }
      return found
    },

    /** Takes the sole right to refresh this version of the token; it lapses by itself should the holder die. */
    async leaseRefresh(id: number, version: number, owner: string, seconds: number): Promise<boolean> {
      const taken = await db
        .update(accounts)
        .set({ refreshOwner: owner, refreshUntil: inSeconds(seconds) })
        .where(
          and(
            eq(accounts.id, id),
            eq(accounts.tokenVersion, version),
            or(isNull(accounts.refreshUntil), sql`${accounts.refreshUntil} < clock_timestamp()`),
          ),
        )
        .returning({ id: accounts.id })
      return taken.length > 0
    },

    /** Gives the right to refresh back without a new token; until then (warmup time) nobody asks Google again. */
    async coolDown(id: number, owner: string, { problem, words, until }: Cooling): Promise<void> {
      await db
        .update(accounts)
        .set({
          ...REFRESH_OVER,
          refreshProblem: problem,
          refreshFailure: words,
          refreshNotBefore: until,
        })
        .where(and(eq(accounts.id, id), eq(accounts.refreshOwner, owner)))
    },

    async releaseRefresh(id: number, owner: string): Promise<void> {
      await db
        .update(accounts)
        .set({ refreshOwner: null, refreshUntil: null })
        .where(and(eq(accounts.id, id), eq(accounts.refreshOwner, owner)))
    },

    /**
     * Saves a refreshed token; null where the account has got another one meanwhile. It proves that the grant lives: an
     * account that was condemned for a dead one is acquitted.
     */
    async save(id: number, version: number, token: OAuthToken): Promise<Saved | null> {
      const [saved] = await db.execute<Saved>(sql`
        with before as (
          select id, coalesce(status = 'needs_reauth' and failure like 'grant\\_%', false) as acquitted
          from accounts where id = ${id} and token_version = ${version} for no key update
        )
        update accounts a set
          oauth_token = ${sealToken(sealer, id, token)},
          token_version = ${version + 1},
          refresh_owner = null, refresh_until = null,
          refresh_problem = null, refresh_failure = null, refresh_not_before = null,
          status = case when acquitted then case when stays_paused then 'paused' else 'active' end else status end,
          stays_paused = stays_paused and not acquitted,
          failure = case when acquitted then null else failure end,
          last_error = case when acquitted then null else last_error end
        from before where a.id = before.id
        returning a.kind, acquitted as "isAcquitted"`)
      return saved ?? null
    },

    /** Marks the account as needing re-authentication unless it has got another token meanwhile. */
    async condemn(id: number, version: number, failure: TokenFailure, words: string): Promise<boolean> {
      const condemned = await db
        .update(accounts)
        .set({
          status: 'needs_reauth',
          staysPaused: sql`${accounts.status} = 'paused'`,
          failure,
          lastError: words,
          ...REFRESH_OVER,
        })
        .where(
          and(
            eq(accounts.id, id),
            eq(accounts.tokenVersion, version),
            sql`${accounts.status} in ('active', 'paused')`,
          ),
        )
        .returning({ id: accounts.id })
      return condemned.length > 0
    },

    /** Takes a condemnation of this very token back. */
    async acquit(id: number, version: number): Promise<boolean> {
      const acquitted = await db
        .update(accounts)
        .set({
          status: sql`case when ${accounts.staysPaused} then 'paused' else 'active' end`,
          staysPaused: false,
          failure: null,
          lastError: null,
        })
        .where(
          and(eq(accounts.id, id), eq(accounts.tokenVersion, version), eq(accounts.status, 'needs_reauth')),
        )
        .returning({ id: accounts.id })
      return acquitted.length > 0
    },

    async erase(id: number, version: number): Promise<boolean> {
      const erased = await db
        .update(accounts)
        .set({ oauthToken: null, tokenVersion: version + 1 })
        .where(and(eq(accounts.id, id), eq(accounts.tokenVersion, version), eq(accounts.status, 'removed')))
        .returning({ id: accounts.id })
      return erased.length > 0
    },
  }
}

/** @throws SealError */
function opened(sealer: Sealer, row: TokenRow): StoredToken | null {
  const { id, sealed, tokenVersion, kind, status, problem, words, until } = row
  if (sealed === null) return null
  return {
    token: JSON.parse(sealer.open(sealed, accountContext(id))) as OAuthToken,
    version: tokenVersion,
    kind,
    status,
    cooling: problem && until ? { problem, words: words ?? problem, until } : null,
  }
}

/** Null where there is none, or it does not open. */
export function openedOrNull(sealer: Sealer, row: TokenRow): StoredToken | null {
  try {
    return opened(sealer, row)
  } catch (error) {
    if (error instanceof SealError) return null
    throw error
  }
}

export function sealToken(sealer: Sealer, accountId: number, token: OAuthToken): string {
  return sealer.seal(JSON.stringify(token), accountContext(accountId))
}

export const REFRESH_OVER = {
  refreshOwner: null,
  refreshUntil: null,
  refreshProblem: null,
  refreshFailure: null,
  refreshNotBefore: null,
}

/** The columns of an account that only this file reads. */
export function sealedTokenOf(table: typeof accounts) {
  return {
    sealed: table.oauthToken,
    problem: table.refreshProblem,
    words: table.refreshFailure,
    until: table.refreshNotBefore,
  }
}
export type SealedToken = {
  sealed: string | null
  problem: GoogleProblem | null
  words: string | null
  until: Date | null
}

const tokenColumns = {
  id: accounts.id,
  tokenVersion: accounts.tokenVersion,
  kind: accounts.kind,
  status: accounts.status,
  ...sealedTokenOf(accounts),
}
type TokenRow = SealedToken & { id: number; tokenVersion: number; kind: AccountKind; status: AccountStatus }
