import { randomBytes } from 'node:crypto'
import type { Account, NewConnection } from '../db/accounts.ts'
import { type AccountSettings, settingsOf } from '../domain/account.ts'
import { RATE_NAMES } from '../domain/engagement.ts'
import { GoogleError, MissingScopesError, OperatorError } from '../domain/errors.ts'
import { nextSync } from '../domain/inbox.ts'
import { missingScopes, scopesOf, scopesToAsk, tokenFromGrant } from '../domain/token.ts'
import type { Warmup } from './dependencies.ts'
import { endReauthentication } from './incidents.ts'
import { nextCheck } from './prove-token.ts'

/** Why a visit to Google's consent page did not connect an account; each has its page. */
export type ConnectFailure =
  | { kind: 'unknown_state' }
  | { kind: 'denied'; error: string }
  | { kind: 'no_code' }
  | { kind: 'missing_scopes'; scopes: string[] }
  | { kind: 'no_refresh_token' }
  | { kind: 'address_taken'; message: string }
  | { kind: 'other_mailbox'; wanted: string; chosen: string }
  | { kind: 'google'; error: GoogleError }

export type Callback = { state?: string; code?: string; error?: string }
export type Connected = { account: Account; isNew: boolean }
export type VisitOptions = {
  /** The mailbox that is to be connected, and no other one; null for any. */
  wanted: Wanted | null
  /** What the operator's other programs need besides. */
  extraScopes?: readonly string[]
}
/** The mailbox of an account that is known, or that somebody was asked to connect. */
export type Wanted = Pick<Account, 'email' | 'googleUserId'>
type Visit = { settings: AccountSettings; codeVerifier: string } & VisitOptions

/** Keeps the settings for the way to Google and back; returns Google's consent page. `wallNow` is the visitor's time. */
export async function startConnecting(
  { store, oauth }: Warmup,
  settings: AccountSettings,
  wallNow: Date,
  options: VisitOptions = { wanted: null },
): Promise<string> {
  const { wanted, extraScopes = [] } = options
  const visit: Visit = { settings, codeVerifier: randomBytes(48).toString('base64url'), ...options }
  const state = await store.oneTime.issueState(visit, wallNow)
  return oauth.consentUrl({
    state,
    codeVerifier: visit.codeVerifier,
    scopes: scopesToAsk(settings.kind, extraScopes),
    ...(wanted ? { loginHint: wanted.email } : {}),
  })
}

/** Makes of Google's callback an account, or a new token of an account that exists. */
export async function finishConnecting(
  warmup: Warmup,
  callback: Callback,
  wallNow: Date,
): Promise<Connected | { failure: ConnectFailure }> {
  const { store, oauth, clock } = warmup
  const visit = callback.state
    ? ((await store.oneTime.redeemState(callback.state, wallNow)) as Visit | null)
    : null
  if (!visit) return { failure: { kind: 'unknown_state' } }
  if (callback.error) return { failure: { kind: 'denied', error: callback.error } }
  if (!callback.code) return { failure: { kind: 'no_code' } }
  try {
    const grant = await oauth.exchangeCode(callback.code, visit.codeVerifier)
    const { refreshToken, scope } = grant
    if (scope === null)
      return { failure: { kind: 'missing_scopes', scopes: missingScopes([], visit.settings.kind) } }
    if (refreshToken === null) return { failure: { kind: 'no_refresh_token' } }
    const identity = await oauth.identify(grant.accessToken)
    if (visit.wanted && !isSame(visit.wanted, identity))
      return { failure: { kind: 'other_mailbox', wanted: visit.wanted.email, chosen: identity.email } }
    const token = tokenFromGrant({ ...grant, refreshToken, scope }, oauth.client, clock.now())
    const { extraScopes } = visit
    const settings = settingsOf(visit.settings)
    return await keepConnection(warmup, {
      ...identity,
      token,
      settings,
      ...(extraScopes ? { extraScopes } : {}),
    })
  } catch (error) {
    if (error instanceof MissingScopesError)
      return { failure: { kind: 'missing_scopes', scopes: error.scopes } }
    if (error instanceof GoogleError) return { failure: { kind: 'google', error } }
    if (error instanceof OperatorError) return { failure: { kind: 'address_taken', message: error.message } }
    throw error
  }
}

/** A mailbox may have got another address, or an address another user: one of the two is enough. */
function isSame(wanted: Wanted, { googleUserId, email }: Wanted): boolean {
  return (
    (wanted.googleUserId !== null && googleUserId === wanted.googleUserId) ||
    email.toLowerCase() === wanted.email.toLowerCase()
  )
}

/**
 * Makes an account of a token that Google has just given, or gives it to the account that exists: the account, its first
 * tasks and the event are one fact.
 * @throws MissingScopesError, OperatorError
 */
export async function keepConnection(
  warmup: Warmup,
  connection: Omit<NewConnection, 'now'>,
): Promise<Connected> {
  const { store, clock, inbox, log } = warmup
  const now = clock.now()
  const connected = await store.transaction(async (tx) => {
    const { account, isNew, isOtherMailbox } = await tx.accounts.connect({ ...connection, now })
    const missing = missingScopes(scopesOf(connection.token), account.kind)
    if (missing.length > 0) throw new MissingScopesError(missing)
    await endReauthentication({ ...warmup, store: tx }, account.id)
    // A disconnection that is still on its way would end the grant that has just been made.
    await tx.tasks.removeKindOf(account.id, 'disconnect')
    // New settings begin new runs of decisions.
    if (isNew) await tx.counts.restartRuns(account.id, RATE_NAMES)
    await tx.tasks.add([{ kind: 'check', accountId: account.id, dueAt: nextCheck(warmup) }])
    // Tasks before mailboxes, as a round that is kept has it. One that is under way in another mailbox keeps nothing.
    if (isOtherMailbox) await tx.tasks.removeKindOf(account.id, 'sync')
    const { everyMinutes } = (await tx.mailboxes.ofAccount(account.id)) ?? inbox
    if (everyMinutes !== null) {
      const dueAt = nextSync(account.id, everyMinutes, now)
      await tx.tasks.add([{ kind: 'sync', accountId: account.id, dueAt }])
      await tx.tasks.bringForward(account.id, 'sync', dueAt)
    }
    await tx.mailboxes.open(account.id, inbox.everyMinutes, now)
    if (isOtherMailbox) await tx.mailboxes.forgetCounts(account.id)
    if (account.kind !== 'vault') await tx.tasks.add([{ kind: 'plan', accountId: account.id, dueAt: now }])
    await tx.events.add({ kind: isNew ? 'connected' : 'reconnected', at: now, accountId: account.id })
    return { account, isNew }
  })
  log.info({ accountId: connected.account.id, isNew: connected.isNew }, 'account connected')
  return connected
}
