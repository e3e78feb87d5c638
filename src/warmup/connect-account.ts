import { randomBytes } from 'node:crypto'
import type { Account, NewConnection } from '../db/accounts.ts'
import type { AccountSettings } from '../domain/account.ts'
import { GoogleError, OperatorError } from '../domain/errors.ts'
import { missingScopes, tokenFromGrant } from '../domain/token.ts'
import type { Warmup } from './dependencies.ts'

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
type Visit = { settings: AccountSettings; codeVerifier: string; wanted: Wanted | null }
/** The account whose button was pressed: its mailbox, and no other one, is to be connected. */
type Wanted = Pick<Account, 'email' | 'googleUserId'>

/** Keeps the settings for the way to Google and back; returns Google's consent page. `wallNow` is the visitor's time. */
export async function startConnecting(
  { store, oauth }: Warmup,
  settings: AccountSettings,
  wallNow: Date,
  wanted: Wanted | null = null,
): Promise<string> {
  const visit: Visit = { settings, codeVerifier: randomBytes(48).toString('base64url'), wanted }
  const state = await store.oneTime.issueState(visit, wallNow)
  const hint = wanted ? { loginHint: wanted.email } : {}
  return oauth.consentUrl({ state, codeVerifier: visit.codeVerifier, ...hint })
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
    const scopes = missingScopes(scope ?? '')
    if (scope === null || scopes.length > 0) return { failure: { kind: 'missing_scopes', scopes } }
    if (refreshToken === null) return { failure: { kind: 'no_refresh_token' } }
    const identity = await oauth.identify(grant.accessToken)
    if (visit.wanted && !isSame(visit.wanted, identity))
      return { failure: { kind: 'other_mailbox', wanted: visit.wanted.email, chosen: identity.email } }
    const token = tokenFromGrant({ ...grant, refreshToken, scope }, oauth.client, clock.now())
    return await keep(warmup, { ...identity, token, settings: visit.settings })
  } catch (error) {
    if (error instanceof GoogleError) return { failure: { kind: 'google', error } }
    if (error instanceof OperatorError) return { failure: { kind: 'address_taken', message: error.message } }
    throw error
  }
}

/** A mailbox may have got another address, or an address another user: one of the two is enough. */
function isSame(wanted: Wanted, { googleUserId, email }: Wanted): boolean {
  return googleUserId === wanted.googleUserId || email.toLowerCase() === wanted.email.toLowerCase()
}

/** The account, its first task and the event are one fact. */
async function keep(
  { store, clock, log }: Warmup,
  connection: Omit<NewConnection, 'now'>,
): Promise<Connected> {
  const now = clock.now()
  const connected = await store.transaction(async (tx) => {
    const { account, isNew } = await tx.accounts.connect({ ...connection, now })
    // A disconnection that is still on its way would end the grant that has just been made.
    await tx.tasks.removeKindOf(account.id, 'disconnect')
    // New settings begin new runs of decisions.
    if (isNew) await tx.counts.restartRuns(account.id, { open: true, reply: true })
    if (account.kind === 'warmup') await tx.tasks.add([{ kind: 'plan', accountId: account.id, dueAt: now }])
    await tx.events.add({ kind: isNew ? 'connected' : 'reconnected', at: now, accountId: account.id })
    return { account, isNew }
  })
  log.info({ accountId: connected.account.id, isNew: connected.isNew }, 'account connected')
  return connected
}
