import type { Account } from '../db/accounts.ts'
import { type AccountSettings, settingsOf } from '../domain/account.ts'
import { startConnecting } from './connect-account.ts'
import type { Warmup } from './dependencies.ts'

/**
 * A link with which the owner of a mailbox connects it without an operator's session. It is a sealed document, not a
 * row: it works until it ends, or until the account is connected, by this link or otherwise.
 */
export type ConnectLink = {
  email: string
  /** Of an account that is still to be made; one that exists has its own, and the link has to fit into an address. */
  settings: AccountSettings | null
  extraScopes: string[]
  /** How things stood with the mailbox as the link was made: it is over once they have changed. */
  standing: string
  expiresAt: string
}
export type ConnectOffer = Pick<ConnectLink, 'email' | 'extraScopes'> & { settings: AccountSettings }

/**
 * A link for an account's mailbox, or for one that is still to be connected. What is asked of Google for an account
 * besides is what was asked before, unless `extraScopes` says otherwise.
 */
export async function issueConnectLink(
  { store, baseUrl }: Warmup,
  offer: { email: string; settings: AccountSettings; extraScopes?: readonly string[] },
  times: { wallNow: Date; validForMinutes: number },
): Promise<{ url: string; expiresAt: Date }> {
  const { row, account } = await find(store, offer.email)
  const expiresAt = new Date(times.wallNow.getTime() + times.validForMinutes * 60_000)
  const link: ConnectLink = {
    email: account?.email ?? offer.email,
    settings: account ? null : offer.settings,
    extraScopes: [...(offer.extraScopes ?? account?.extraScopes ?? [])],
    standing: standingOf(row),
    expiresAt: expiresAt.toISOString(),
  }
  const url = new URL('/connect', baseUrl)
  url.searchParams.set('link', store.oneTime.sealLink(link))
  return { url: url.href, expiresAt }
}

/** What a link offers; null where it has ended, was used, or is none of ours. */
export async function openConnectLink(
  { store }: Warmup,
  text: string,
  wallNow: Date,
): Promise<ConnectOffer | null> {
  const link = store.oneTime.openLink(text) as ConnectLink | null
  if (!link || new Date(link.expiresAt) <= wallNow) return null
  const { row, account } = await find(store, link.email)
  if (standingOf(row) !== link.standing) return null
  // The operator may have changed the account since the link was made.
  return { ...link, settings: settingsOf(account ?? link.settings ?? {}) }
}

/** Google's consent page for a link; null as above. */
export async function followConnectLink(warmup: Warmup, text: string, wallNow: Date): Promise<string | null> {
  const offer = await openConnectLink(warmup, text, wallNow)
  if (!offer) return null
  const { account } = await find(warmup.store, offer.email)
  const wanted = { email: offer.email, googleUserId: account?.googleUserId ?? null }
  return startConnecting(warmup, offer.settings, wallNow, { wanted, extraScopes: offer.extraScopes })
}

function standingOf(row: Account | null): string {
  if (!row) return 'never connected'
  return `${row.status === 'removed' ? 'removed, ' : ''}connected ${row.connectedAt.toISOString()}`
}

/** The row that has the address, and the account that it is; a removed one is none. */
async function find(store: Warmup['store'], email: string) {
  const row = await store.accounts.byEmail(email)
  return { row, account: row?.status === 'removed' ? null : row }
}
