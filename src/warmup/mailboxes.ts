import type { StoredToken } from '../db/tokens.ts'
import { GoogleError } from '../domain/errors.ts'
import type { Gmail, Mailbox } from '../google/gmail.ts'
import type { AuthenticateAndUpdateToken, ValidToken } from './authenticate-and-update-token.ts'

/** Asks Gmail something in the name of one account. */
export type AskGmail = <T>(request: (mailbox: Mailbox) => Promise<T>) => Promise<T>
/** `stored` is the account's token as it was just read, which spares another look. */
export type OpenMailbox = (
  accountId: number,
  options?: { signal?: AbortSignal; stored?: StoredToken | null },
) => Promise<AskGmail>

/** Opens mailboxes with a valid token. */
export function createMailboxOpener(
  gmail: Gmail,
  authenticateAndUpdateToken: AuthenticateAndUpdateToken,
): OpenMailbox {
  return async function openMailbox(accountId, { signal, stored = null } = {}) {
    const token = await authenticateAndUpdateToken(accountId, { stored })
    const ask = askingWith(authenticateAndUpdateToken, accountId, token)
    return (request) => ask((accessToken) => request(gmail.open(accessToken, signal)))
  }
}

/** Asks Google with an account's token. A 401 on the way is met with one forced refresh and one more try. */
export function askingWith(
  authenticateAndUpdateToken: AuthenticateAndUpdateToken,
  accountId: number,
  token: ValidToken,
) {
  let { accessToken, version } = token
  return async function ask<T>(request: (accessToken: string) => Promise<T>): Promise<T> {
    try {
      return await request(accessToken)
    } catch (error) {
      if (!(error instanceof GoogleError) || error.problem !== 'unauthorized') throw error
      ;({ accessToken, version } = await authenticateAndUpdateToken(accountId, { newerThan: version }))
      return request(accessToken)
    }
  }
}
