import { GoogleError } from '../domain/errors.ts'
import type { Gmail, Mailbox } from '../google/gmail.ts'
import type { AuthenticateAndUpdateToken } from './authenticate-and-update-token.ts'

/** Asks Gmail something in the name of one account. */
export type AskGmail = <T>(request: (mailbox: Mailbox) => Promise<T>) => Promise<T>
export type OpenMailbox = (accountId: number, signal?: AbortSignal) => Promise<AskGmail>

/** Opens mailboxes with a valid token. A 401 on the way is met with one forced refresh and one more try. */
export function createMailboxOpener(
  gmail: Gmail,
  authenticateAndUpdateToken: AuthenticateAndUpdateToken,
): OpenMailbox {
  return async function openMailbox(accountId, signal) {
    let token = await authenticateAndUpdateToken(accountId)
    return async (request) => {
      try {
        return await request(gmail.open(token.accessToken, signal))
      } catch (error) {
        if (!(error instanceof GoogleError) || error.problem !== 'unauthorized') throw error
        token = await authenticateAndUpdateToken(accountId, { newerThan: token.version })
        return request(gmail.open(token.accessToken, signal))
      }
    }
  }
}
