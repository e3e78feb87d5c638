import type { Account } from '../../src/db/accounts.ts'
import { sql } from '../../src/db/drizzle.ts'
import { accounts } from '../../src/db/schema.ts'
import { accountContext } from '../../src/db/sealing.ts'
import { type AccountSettings, DEFAULT_SETTINGS } from '../../src/domain/account.ts'
import { GMAIL_SCOPES, type OAuthToken, tokenFromGrant } from '../../src/domain/token.ts'
import { keepConnection } from '../../src/warmup/connect-account.ts'
import { testSettings, type World } from './world.ts'

type Fault = Parameters<World['sandbox']['control']['addFault']>[0]

export const TOKEN_REQUEST = { path: '/token$', method: 'POST' }

export type GrantOptions = {
  client?: { clientId: string; clientSecret: string }
  scopes?: readonly string[]
}

/** Where accounts are connected, in whatever time. */
type Ground = {
  sandbox: World['sandbox']
  runtime: World['runtime']
  config: Pick<World['config'], 'GOOGLE_CLIENT_ID' | 'GOOGLE_CLIENT_SECRET' | 'GOOGLE_TOKEN_URI'>
}

/** What Google gives a mailbox whose owner has walked through its pages. */
export function grantToken(
  { sandbox, runtime, config }: Ground,
  email: string,
  options: GrantOptions = {},
): OAuthToken {
  const scopes = options.scopes ?? GMAIL_SCOPES
  const client = {
    clientId: config.GOOGLE_CLIENT_ID,
    clientSecret: config.GOOGLE_CLIENT_SECRET,
    tokenUri: config.GOOGLE_TOKEN_URI,
    ...options.client,
  }
  const granted = sandbox.control.grant(email, { scopes: [...scopes], clientId: client.clientId })
  const now = runtime.warmup.clock.now()
  const grant = {
    accessToken: granted.accessToken,
    refreshToken: granted.refreshToken,
    expiresInSeconds: (granted.expiresAt - now.getTime()) / 1000,
    scope: scopes.join(' '),
    refreshTokenExpiresInSeconds: null,
  }
  return tokenFromGrant(grant, client, now)
}

/** Connects a mailbox as `world.connect` does, but without a walk through the pages. */
export async function connectCheaply(
  world: Ground,
  email: string,
  options: GrantOptions & { settings?: Partial<AccountSettings> } = {},
): Promise<Account> {
  const token = grantToken(world, email, options)
  const settings = testSettings({ kind: 'pool', ...options.settings })
  const connection = { googleUserId: null, email, token, settings }
  return (await keepConnection(world.runtime.warmup, connection)).account
}

/** So many pool accounts with tokens of one moment, and without tasks; returns their ids. */
export async function connectMany(
  world: World,
  count: number,
  options: GrantOptions = {},
): Promise<number[]> {
  const { db, sealer } = world.runtime
  const emails = Array.from({ length: count }, (_, i) => `account-${i}@example.com`)
  const settings = { ...DEFAULT_SETTINGS, kind: 'pool' as const, connectedAt: world.clock.now() }
  const rows = await db
    .insert(accounts)
    .values(emails.map((email) => ({ email, ...settings })))
    .returning({ id: accounts.id, email: accounts.email })
  const sealed = rows.map(({ id, email }) =>
    sealer.seal(JSON.stringify(grantToken(world, email, options)), accountContext(id)),
  )
  const ids = rows.map(({ id }) => id)
  await db.execute(sql`
    update accounts set oauth_token = sealed
    from unnest(${sql.param(ids)}::bigint[], ${sql.param(sealed)}::text[]) as tokens (account, sealed)
    where id = account`)
  return ids
}

export async function storedToken({ runtime }: World, accountId: number): Promise<OAuthToken> {
  const stored = await runtime.warmup.store.tokens.of(accountId)
  if (!stored) throw new Error(`account ${accountId} has no token`)
  return stored.token
}

/** Puts other facts into an account's stored token, as a time or an operator would. */
export async function changeStoredToken(
  { runtime }: World,
  accountId: number,
  changes: Partial<OAuthToken>,
): Promise<void> {
  const { tokens } = runtime.warmup.store
  const stored = await tokens.of(accountId)
  if (!stored) throw new Error(`account ${accountId} has no token`)
  await tokens.save(accountId, stored.version, { ...stored.token, ...changes })
}

/** What happens to the leases of processes that died: 45 s later they count no more. */
export async function lapseRefreshLeases({ runtime }: World): Promise<void> {
  await runtime.db
    .update(accounts)
    .set({ refreshUntil: sql`clock_timestamp() - interval '1 second'` })
    .where(sql`${accounts.refreshUntil} is not null`)
}

export function refreshesOf({ sandbox }: World, email?: string): number {
  return sandbox.control
    .ledger()
    .filter(({ kind, mailbox }) => kind === 'refreshed' && (email === undefined || mailbox === email)).length
}

const ENDLESS = 1_000_000

/** Strikes every token request from now on, or lets it pass where the fault does nothing; counts them. */
export function onTokenRequests(
  { sandbox }: World,
  fault: Omit<Fault, 'path' | 'method'> = {},
): { count(): number } {
  const { control } = sandbox
  const struck = control.addFault({ ...TOKEN_REQUEST, count: ENDLESS, ...fault })
  const most = struck.count
  return { count: () => most - struck.count }
}
