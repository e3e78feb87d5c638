import type { StoredToken } from '../db/tokens.ts'
import { GoogleError, wordsOf } from '../domain/errors.ts'
import type { Gmail, Mailbox } from '../google/gmail.ts'
import type { AuthenticateAndUpdateToken, ValidToken } from './authenticate-and-update-token.ts'
import type { GoogleGate } from './google-gate.ts'

/** Asks Gmail something in the name of one account. */
export type AskGmail = <T>(request: (mailbox: Mailbox) => Promise<T>) => Promise<T>
/** `stored` is the account's token as it was just read, which spares another look. */
export type OpenMailbox = (
  accountId: number,
  options?: { signal?: AbortSignal; stored?: StoredToken | null },
) => Promise<AskGmail>

/** Opens mailboxes with a valid token. `google` is told of what is asked, and of what comes of it. */
export function createMailboxOpener(
  gmail: Gmail,
  authenticateAndUpdateToken: AuthenticateAndUpdateToken,
  google: Pick<GoogleGate, 'during'>,
): OpenMailbox {
  return async function openMailbox(accountId, { signal, stored = null } = {}) {
    const authenticate: AuthenticateAndUpdateToken = (...wish) =>
      unlessAborted(authenticateAndUpdateToken(...wish), signal)
    const token = await authenticate(accountId, { stored })
    const ask = askingWith(authenticate, accountId, token)
    return (request) =>
      google.during(accountId, () => ask((accessToken) => request(gmail.open(accessToken, signal))))
  }
}

/** A run that has to stop waits for nobody's token; a refresh that is under way goes on, and is kept. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(new GoogleError('passing', `interrupted: ${wordsOf(signal.reason)}`))
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}

/**
 * Asks Google with an account's token. A 401 on the way is met with one forced refresh and one more try; requests that were
 * under way together, and refused together, share the refresh.
 */
export function askingWith(
  authenticateAndUpdateToken: AuthenticateAndUpdateToken,
  accountId: number,
  token: ValidToken,
) {
  let current = token
  return async function ask<T>(request: (accessToken: string) => Promise<T>): Promise<T> {
    const { accessToken, version } = current
    try {
      return await request(accessToken)
    } catch (error) {
      if (!(error instanceof GoogleError) || error.problem !== 'unauthorized') throw error
      current = await authenticateAndUpdateToken(accountId, { newerThan: version })
      return request(current.accessToken)
    }
  }
}
