import type { TokenWish, ValidToken } from './authenticate-and-update-token.ts'
import type { Warmup } from './dependencies.ts'

/**
 * Hands an account's access token to another program, and keeps that it did, and to whom.
 * @param key the name of the API key that asks
 * @throws NeedsReauthError, GoogleError
 */
export async function handOutToken(
  { authenticateAndUpdateToken, store, clock }: Warmup,
  accountId: number,
  { key, ...wish }: TokenWish & { key: string },
): Promise<ValidToken> {
  const token = await authenticateAndUpdateToken(accountId, wish)
  const data = { key, refreshed: token.refreshed }
  await store.events.add({ kind: 'token_served', at: clock.now(), accountId, data })
  return token
}

/** Another token in the place of the one there is. Those who ask at the same time get the same one. */
export async function handOutNewToken(
  warmup: Warmup,
  accountId: number,
  { key }: { key: string },
): Promise<ValidToken> {
  const stored = await warmup.store.tokens.of(accountId)
  return handOutToken(warmup, accountId, { key, newerThan: stored?.version ?? 0 })
}
