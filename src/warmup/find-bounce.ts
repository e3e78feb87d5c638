import { type Bounce, bounceOf } from '../domain/delivery-status.ts'
import { GoogleError, type GoogleProblem, NeedsReauthError } from '../domain/errors.ts'
import type { MessageRun, Warmup } from './dependencies.ts'

/** Of a thread with more notices, the newest: each costs quota, and one that says that it failed comes last. */
const MOST_NOTICES = 3

/** What keeps the sender's mailbox from being asked now, and not for good. */
const PASSING: readonly GoogleProblem[] = ['passing', 'rate_limited', 'app_refused']

/**
 * Asks the sender's mailbox whether a mail came back: for a delivery status notification in its thread. Only reads. Of a
 * sender whose mailbox is closed to us there is no bounce; `unanswered` where it can't be asked now.
 */
export async function findBounce(warmup: Warmup, run: MessageRun): Promise<Bounce | 'none' | 'unanswered'> {
  try {
    return (await askSender(warmup, run)) ?? 'none'
  } catch (error) {
    if (error instanceof NeedsReauthError) return 'none'
    if (!(error instanceof GoogleError)) throw error
    return PASSING.includes(error.problem) ? 'unanswered' : 'none'
  }
}

async function askSender(warmup: Warmup, { account, message, signal }: MessageRun): Promise<Bounce | null> {
  const { senderId, gmailThreadId, rfcMessageId } = message
  if (gmailThreadId === null) return null
  const ask = await warmup.openMailbox(senderId, { signal })
  const notices = await ask((mailbox) => mailbox.noticesInThread(gmailThreadId))
  for (const id of notices.slice(0, MOST_NOTICES)) {
    const notice = await ask((mailbox) => mailbox.notice(id))
    const bounce = notice && bounceOf(notice, { rfcMessageId, recipient: account.email })
    if (bounce) return bounce
  }
  return null
}
