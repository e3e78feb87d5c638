import type { Mailbox } from '../../db/mailboxes.ts'
import { GoogleError } from '../../domain/errors.ts'
import type { Run, Warmup } from '../dependencies.ts'

/** It lasts for seven days, and Google recommends to ask once a day. */
const RENEW_AFTER_MS = 86_400_000
const ASK_AGAIN_MS = 3_600_000

/**
 * Has Google notify of new mail, where the operator has a topic for that. When it is to be asked again; null where it was
 * not asked. Where it refuses, mail is found by looking, as always.
 */
export async function renewWatch(
  { inbox: { pushTopic }, clock, log }: Warmup,
  { ask, account }: Run,
  { watchAgainAt }: Mailbox,
): Promise<Date | null> {
  const now = clock.now().getTime()
  if (pushTopic === null || (watchAgainAt && watchAgainAt.getTime() > now)) return null
  try {
    await ask((gmail) => gmail.watch(pushTopic))
    return new Date(now + RENEW_AFTER_MS)
  } catch (error) {
    if (!(error instanceof GoogleError)) throw error
    log.warn({ accountId: account.id, reason: error.message }, 'Google does not notify of new mail')
    return new Date(now + ASK_AGAIN_MS)
  }
}
