import type { AccountKind, AccountSettings, AccountStatus } from '../domain/account.ts'
import { OperatorError } from '../domain/errors.ts'
import type { LocalDate } from '../domain/local-time.ts'
import { zoneLeft } from '../domain/pacing.ts'
import type { OAuthToken } from '../domain/token.ts'
import type { Database } from './connection.ts'
import { and, asc, eq, getTableColumns, gt, ne, or, sql } from './drizzle.ts'
import { accountCounts, accounts } from './schema.ts'
import type { Sealer } from './sealing.ts'
import { REFRESH_OVER, sealToken } from './tokens.ts'

/** What every reader of an account may see, of the table or of an alias of it: all but its token. */
export function accountColumnsOf(table: typeof accounts) {
  const {
    oauthToken: _token,
    refreshOwner: _owner,
    refreshUntil: _until,
    refreshProblem: _problem,
    refreshFailure: _failure,
    refreshNotBefore: _notBefore,
    ...openColumns
  } = getTableColumns(table)
  return openColumns
}

export const accountColumns = accountColumnsOf(accounts)
export type Account = Omit<
  typeof accounts.$inferSelect,
  'oauthToken' | 'refreshOwner' | 'refreshUntil' | 'refreshProblem' | 'refreshFailure' | 'refreshNotBefore'
>
export type NewConnection = {
  /** Null where the token may not ask for it; the address alone then says which account it is. */
  googleUserId: string | null
  email: string
  token: OAuthToken
  settings: AccountSettings
  /** What is asked of Google besides the workers' needs; as it was where it is left out. */
  extraScopes?: readonly string[]
  now: Date
}

/** Which accounts are listed, and how many of them at most. */
export type AccountPage = {
  limit: number
  /** The id that the page before ended with. */
  after: number | undefined
  kind: AccountKind | undefined
  status: Exclude<AccountStatus, 'removed'> | undefined
  /** A part of the address, in whatever case. */
  email: string | undefined
}

export function createAccounts(db: Database, sealer: Sealer) {
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

    /** Some of the accounts that are not removed, oldest first. */
    page({ limit, after, kind, status, email }: AccountPage): Promise<Account[]> {
      return db
        .select(accountColumns)
        .from(accounts)
        .where(
          and(
            ne(accounts.status, 'removed'),
            after === undefined ? undefined : gt(accounts.id, after),
            kind ? eq(accounts.kind, kind) : undefined,
            status ? eq(accounts.status, status) : undefined,
            email ? sql`position(lower(${email}) in lower(${accounts.email})) > 0` : undefined,
          ),
        )
        .orderBy(asc(accounts.id))
        .limit(limit)
    },

    /**
     * Makes the account of a Google user, or gives the one that exists its new token and makes it active: id, settings
     * and progress stay. An address that Google has given to another user takes its account along. A removed account
     * comes back with its history, under the new settings. Runs in the caller's transaction.
     * @throws OperatorError where the user has an account and another account has its address
     */
    async connect(
      connection: NewConnection,
    ): Promise<{ account: Account; isNew: boolean; isOtherMailbox: boolean }> {
      const { googleUserId, email, token, settings, extraScopes, now } = connection
      // Two callbacks for one mailbox must not both find it absent.
      await db.execute(sql`select pg_advisory_xact_lock(hashtext('kindling:connect'))`)
      const [known] = await db
        .select({
          id: accounts.id,
          status: accounts.status,
          googleUserId: accounts.googleUserId,
          timeZone: accounts.timeZone,
          zoneBefore: accounts.zoneBefore,
          zoneChangedAt: accounts.zoneChangedAt,
        })
        .from(accounts)
        .where(
          or(
            googleUserId === null ? undefined : eq(accounts.googleUserId, googleUserId),
            eq(sql`lower(${accounts.email})`, email.toLowerCase()),
          ),
        )
        .orderBy(sql`${accounts.googleUserId} is not distinct from ${googleUserId} desc`)
        .limit(1)
      const id = known?.id ?? (await insert(connection))
      await freeAddress(id, email)
      const [account] = await db
        .update(accounts)
        .set({
          ...(known?.status === 'removed' ? { ...settings, ...zoneLeft(now, known) } : {}),
          ...(googleUserId === null ? {} : { googleUserId }),
          ...(extraScopes ? { extraScopes: [...extraScopes] } : {}),
          email,
          // What the operator has paused stays paused.
          status: sql`case when ${accounts.status} = 'paused' or ${accounts.staysPaused} then 'paused' else 'active' end`,
          staysPaused: false,
          lastError: null,
          failure: null,
          // Where the address leads to another mailbox now, the id of this label is another's there.
          labelId: sql`case when ${accounts.googleUserId} is distinct from ${googleUserId} then null else ${accounts.labelId} end`,
          oauthToken: sealToken(sealer, id, token),
          tokenVersion: sql`${accounts.tokenVersion} + 1`,
          ...REFRESH_OVER,
          connectedAt: now,
        })
        .where(eq(accounts.id, id))
        .returning(accountColumns)
      return {
        account: account as Account,
        isNew: !known || known.status === 'removed',
        isOtherMailbox: known !== undefined && known.googleUserId !== googleUserId,
      }
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

    /** By address, in whatever case; a removed account counts too. */
    async byEmail(email: string): Promise<Account | null> {
      const [row] = await db
        .select(accountColumns)
        .from(accounts)
        .where(eq(sql`lower(${accounts.email})`, email.toLowerCase()))
      return row ?? null
    },

    /** Moves the account from one of the given states; false where it is in another one. */
    async changeStatus(id: number, from: readonly AccountStatus[], to: AccountStatus): Promise<boolean> {
      const changed = await db
        .update(accounts)
        .set({ status: to, staysPaused: false, lastError: null, failure: null })
        .where(and(eq(accounts.id, id), sql`${accounts.status} = any(${sql.param([...from])}::text[])`))
        .returning({ id: accounts.id })
      return changed.length > 0
    },

    /** What an account waits for its owner for stays said. */
    async setLastError(id: number, lastError: string | null): Promise<void> {
      await db
        .update(accounts)
        .set({ lastError })
        .where(and(eq(accounts.id, id), ne(accounts.status, 'needs_reauth')))
    },

    /** `left`: the zone that it lived in, if that has changed. */
    async updateSettings(
      id: number,
      settings: AccountSettings,
      left?: Pick<Account, 'zoneBefore' | 'zoneChangedAt'>,
    ): Promise<void> {
      await db
        .update(accounts)
        .set({ ...settings, ...left })
        .where(eq(accounts.id, id))
    },

    /** Null: today is to be planned anew. */
    async markPlanned(id: number, day: LocalDate | null): Promise<void> {
      await db.update(accounts).set({ lastPlannedOn: day }).where(eq(accounts.id, id))
    },

    async steer(
      id: number,
      {
        health,
        warmupDay,
        restsUntil,
        evidenceFrom,
      }: Pick<Account, 'health' | 'warmupDay' | 'restsUntil' | 'evidenceFrom'>,
    ): Promise<void> {
      await db
        .update(accounts)
        .set({ health, warmupDay, restsUntil, evidenceFrom })
        .where(eq(accounts.id, id))
    },

    /** The Gmail id of its warmup label, for as long as that is called so; null: it is to be looked up again. */
    async setLabel(id: number, label: { id: string; name: string } | null): Promise<void> {
      await db
        .update(accounts)
        .set({ labelId: label?.id ?? null, labelName: label?.name ?? null })
        .where(eq(accounts.id, id))
    },
  }

  /** Two mailboxes have changed their addresses, and only one of them has been connected since. */
  async function freeAddress(id: number, email: string): Promise<void> {
    const [other] = await db
      .select({ id: accounts.id, status: accounts.status })
      .from(accounts)
      .where(and(ne(accounts.id, id), eq(sql`lower(${accounts.email})`, email.toLowerCase())))
    if (other?.status === 'removed')
      await db
        .update(accounts)
        .set({ email: `removed-${other.id}:${email}` })
        .where(eq(accounts.id, other.id))
    else if (other)
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
