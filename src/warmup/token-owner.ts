import type { AccountKind } from '../domain/account.ts'
import { namesOwner, opensGmail } from '../domain/token.ts'
import type { Warmup } from './dependencies.ts'

type Google = Pick<Warmup, 'oauth' | 'gmail'>

/** Whose mailbox an access token opens, Google's own id for him included where the token may ask for it; null where it may not ask at all. */
export async function ownerOf(
  { oauth, gmail }: Google,
  accessToken: string,
  scopes: readonly string[],
): Promise<{ googleUserId: string | null; email: string } | null> {
  if (namesOwner(scopes)) return oauth.identify(accessToken)
  return opensGmail(scopes) ? { googleUserId: null, email: await gmail.open(accessToken).address() } : null
}

/**
 * The address of the mailbox that an access token opens, from Gmail itself where the account's tasks need that; null where
 * the token may ask nobody. Of a vault account, whose OAuth client may have no Gmail API at all, Google is asked first.
 */
export async function addressOf(
  { oauth, gmail }: Google,
  accessToken: string,
  scopes: readonly string[],
  kind: AccountKind,
): Promise<string | null> {
  const asksGoogle = kind === 'vault' && namesOwner(scopes)
  if (opensGmail(scopes) && !asksGoogle) return gmail.open(accessToken).address()
  return namesOwner(scopes) ? (await oauth.identify(accessToken)).email : null
}
