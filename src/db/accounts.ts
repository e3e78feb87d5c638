import type { AccountSettings, AccountStatus } from '../domain/account.ts'
import { OperatorError } from '../domain/errors.ts'
import type { LocalDate } from '../domain/local-time.ts'
import type { OAuthToken } from '../domain/token.ts'
import type { Database } from './connection.ts'
import { and, asc, eq, getTableColumns, isNull, ne, or, sql } from './drizzle.ts'
import { accountCounts, accounts } from './schema.ts'
import { accountContext, type Sealer } from './sealing.ts'

const {
  oauthToken: _token,
  refreshOwner: _owner,
  refreshUntil: _until,
  ...openColumns
} = getTableColumns(accounts)

/** What every reader of an account may see: all but its token. */
export const accountColumns = openColumns
export type Account = Omit<typeof accounts.$inferSelect, 'oauthToken' | 'refreshOwner' | 'refreshUntil'>
export type StoredToken = { token: OAuthToken; version: number; status: AccountStatus }
export type NewConnection = {
  googleUserId: string
  email: string
  token: OAuthToken
  settings: AccountSettings
  now: Date
}

export function createAccounts(db: Database, sealer: Sealer) {
  const sealed = (id: number, token: OAuthToken) => sealer.seal(JSON.stringify(token), accountContext(id))

  return {
    async byId(id: number): Promise<Account | null> {
      const [row] = await db.select(accountColumns).from(accounts).where(eq(accounts.id, id))
      return row ?? null
    },

    /** Every account but the removed ones, oldest first. */
    all(): Promise<Account[]> {
      return db
        .select(accountColumns)
        .from(accounts)
        .where(ne(accounts.status, 'removed'))
        .orderBy(asc(accounts.id))
    },

    /**
     * Makes the account of a Google user, or gives the one that exists its new token and makes it active: id, settings
     * and progress stay. An address that Google has given to another user takes its account along. A removed account
     * comes back with its history, under the new settings. Runs in the caller's transaction.
     * @throws OperatorError where the user has an account and another account has its address
     */
    async connect(connection: NewConnection): Promise<{ account: Account; isNew: boolean }> {
      const { googleUserId, email, token, settings, now } = connection
      // Two callbacks for one mailbox must not both find it absent.
      await db.execute(sql`select pg_advisory_xact_lock(hashtext('kindling:connect'))`)
      const [known] = await db
        .select({ id: accounts.id, status: accounts.status })
        .from(accounts)
        .where(
          or(eq(accounts.googleUserId, googleUserId), eq(sql`lower(${accounts.email})`, email.toLowerCase())),
        )
        .orderBy(sql`${accounts.googleUserId} = ${googleUserId} desc`)
        .limit(1)
      const id = known?.id ?? (await insert(connection))
      await refuseAddressOfAnother(id, email)
      const [account] = await db
        .update(accounts)
        .set({
          ...(known?.status === 'removed' ? settings : {}),
          googleUserId,
          email,
          // What the operator has paused stays paused.
          status: sql`case when ${accounts.status} = 'paused' then 'paused' else 'active' end`,
          lastError: null,
          oauthToken: sealed(id, token),
          tokenVersion: sql`${accounts.tokenVersion} + 1`,
          refreshOwner: null,
          refreshUntil: null,
          connectedAt: now,
        })
        .where(eq(accounts.id, id))
        .returning(accountColumns)
      return { account: account as Account, isNew: !known || known.status === 'removed' }
    },

    /** What is decided about the account until the end of the transaction is decided by one run at a time. */
    async lock(id: number): Promise<Account | null> {
      const [row] = await db
        .select(accountColumns)
        .from(accounts)
        .where(eq(accounts.id, id))
        .for('no key update')
      return row ?? null
    },

    async token(id: number): Promise<StoredToken | null> {
      const [row] = await db
        .select({ sealed: accounts.oauthToken, version: accounts.tokenVersion, status: accounts.status })
        .from(accounts)
        .where(eq(accounts.id, id))
      if (!row?.sealed) return null
      const token = JSON.parse(sealer.open(row.sealed, accountContext(id))) as OAuthToken
      return { token, version: row.version, status: row.status }
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

    async releaseRefresh(id: number, owner: string): Promise<void> {
      await db
        .update(accounts)
        .set({ refreshOwner: null, refreshUntil: null })
        .where(and(eq(accounts.id, id), eq(accounts.refreshOwner, owner)))
    },

    /** Saves a refreshed token unless the account has got another one meanwhile. It proves that the grant lives. */
    async saveToken(id: number, version: number, token: OAuthToken): Promise<boolean> {
      const saved = await db
        .update(accounts)
        .set({
          oauthToken: sealed(id, token),
          tokenVersion: version + 1,
          refreshOwner: null,
          refreshUntil: null,
        })
        .where(and(eq(accounts.id, id), eq(accounts.tokenVersion, version)))
        .returning({ id: accounts.id })
      return saved.length > 0
    },

    /** Marks the account as needing re-authentication unless it has got another token meanwhile. */
    async condemn(id: number, version: number, reason: string): Promise<boolean> {
      const condemned = await db
        .update(accounts)
        .set({ status: 'needs_reauth', lastError: reason, refreshOwner: null, refreshUntil: null })
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

    async eraseToken(id: number, version: number): Promise<boolean> {
      const erased = await db
        .update(accounts)
        .set({ oauthToken: null, tokenVersion: version + 1 })
        .where(and(eq(accounts.id, id), eq(accounts.tokenVersion, version), eq(accounts.status, 'removed')))
        .returning({ id: accounts.id })
      return erased.length > 0
    },

    /** Moves the account from one of the given states; false where it is in another one. */
    async changeStatus(id: number, from: readonly AccountStatus[], to: AccountStatus): Promise<boolean> {
      const changed = await db
        .update(accounts)
        .set({ status: to, lastError: null })
        .where(and(eq(accounts.id, id), sql`${accounts.status} = any(${sql.param([...from])}::text[])`))
        .returning({ id: accounts.id })
      return changed.length > 0
    },

    async setLastError(id: number, lastError: string | null): Promise<void> {
      await db.update(accounts).set({ lastError }).where(eq(accounts.id, id))
    },

    async updateSettings(id: number, settings: AccountSettings): Promise<void> {
      await db.update(accounts).set(settings).where(eq(accounts.id, id))
    },

    async markPlanned(id: number, day: LocalDate, warmupDay: number): Promise<void> {
      await db.update(accounts).set({ lastPlannedOn: day, warmupDay }).where(eq(accounts.id, id))
    },
  }

  /** Two mailboxes have changed their addresses, and only one of them has been connected since. */
  async function refuseAddressOfAnother(id: number, email: string): Promise<void> {
    const [other] = await db
      .select({ id: accounts.id })
      .from(accounts)
      .where(and(ne(accounts.id, id), eq(sql`lower(${accounts.email})`, email.toLowerCase())))
    if (other)
      throw new OperatorError(
        `account ${other.id} is known by the address ${email}, which now belongs to account ${id}: connect account ${other.id} again first, or remove it`,
      )
  }

  async function insert({ googleUserId, email, settings, now }: NewConnection): Promise<number> {
    const [row] = await db
      .insert(accounts)
      .values({ googleUserId, email, ...settings, tokenVersion: 0, connectedAt: now })
      .returning({ id: accounts.id })
    const { id } = row as { id: number }
    await db.insert(accountCounts).values({ accountId: id })
    return id
  }
}

/** A time of the database's own clock, which all processes share. */
export function inSeconds(seconds: number) {
  return sql`clock_timestamp() + make_interval(secs => ${seconds})`
}
