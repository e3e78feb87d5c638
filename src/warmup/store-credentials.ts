import { type AccountSettings, DEFAULT_SETTINGS } from '../domain/account.ts'
import { failureOf, GoogleError, MissingScopesError, OperatorError } from '../domain/errors.ts'
import { beyondIdentity, scopesOf, tokenFromGrant } from '../domain/token.ts'
import type { TokenFailure } from '../domain/token-failure.ts'
import { createAppBreaker } from './app-breaker.ts'
import { type Connected, keepConnection } from './connect-account.ts'
import type { Warmup } from './dependencies.ts'
import { ownerOf } from './token-owner.ts'

export type Credentials = { clientId: string; clientSecret: string; refreshToken: string }
/** `no_identity`: the token may not ask whose mailbox it is. `address_taken`: another account has the address. */
export type CredentialsFailure = TokenFailure | 'no_identity' | 'address_taken'
export type RefusedCredentials = { failure: CredentialsFailure; words: string; retryAt: Date | null }

/** A vault account takes no part in warmup until the operator says otherwise. */
const VAULT: AccountSettings = { ...DEFAULT_SETTINGS, kind: 'vault' }

/**
 * Keeps a grant that another program has obtained, once it has proven itself: it is used, and Google says whose mailbox
 * it opens. The access token of that use is the one that is kept. Makes a vault account, or gives the account that has
 * the address its new token.
 */
export async function storeCredentials(
  warmup: Warmup,
  email: string,
  credentials: Credentials,
): Promise<Connected | { refused: RefusedCredentials }> {
  const { store, oauth, clock } = warmup
  const client = { ...credentials, tokenUri: oauth.client.tokenUri }
  try {
    const grant = await oauth.refresh(credentials.refreshToken, client)
    const scopes = scopesOf({ scope: grant.scope ?? '' })
    const owner = await ownerOf(warmup, grant.accessToken, scopes)
    if (!owner)
      return refused(
        'no_identity',
        'expected a grant with the scopes openid and email, or one that opens Gmail',
      )
    if (owner.email.toLowerCase() !== email.toLowerCase())
      return refused('wrong_mailbox', `the token opens ${owner.email}, not ${email}`)
    const token = tokenFromGrant(
      { ...grant, refreshToken: grant.refreshToken ?? credentials.refreshToken, scope: scopes.join(' ') },
      client,
      clock.now(),
    )
    const known = await store.accounts.byEmail(email)
    // Only a consent page can tell that an address has got another user.
    if (known?.googleUserId && owner.googleUserId && known.googleUserId !== owner.googleUserId)
      return refused(
        'wrong_mailbox',
        `${email} belongs to another Google user than the account of that address`,
      )
    const isVault = !known || known.status === 'removed' || known.kind === 'vault'
    const kept = await keepConnection(warmup, {
      ...owner,
      token,
      settings: VAULT,
      // What its owner is asked for should the grant die: the programs that use it need no less.
      ...(isVault ? { extraScopes: beyondIdentity(scopes) } : {}),
    })
    await createAppBreaker(warmup).accept(client)
    return kept
  } catch (error) {
    if (error instanceof GoogleError) return refused(failureOf(error), error.message, error.retryAt)
    if (error instanceof MissingScopesError) return refused(error.failure, error.message)
    if (error instanceof OperatorError) return refused('address_taken', error.message)
    throw error
  }
}

function refused(failure: CredentialsFailure, words: string, retryAt: Date | null = null) {
  return { refused: { failure, words, retryAt } }
}
