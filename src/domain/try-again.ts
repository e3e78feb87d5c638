import type { AccountKind, AccountStatus } from './account.ts'
import { isTooOldToAnswer } from './pacing.ts'

type Party = { kind: AccountKind; status: AccountStatus }

export type TryAgainFacts = {
  sender: Party
  recipient: Party
  /** The conversation's text still has words for this turn. */
  hasWords: boolean
  /** Of a reply: when the mail that it answers was sent. */
  answered: { sentAt: Date | null } | null
}

/** Why a mail that was not sent makes no sense any more, in words for the operator; null where it may be sent. */
export function whyNotAgain(
  { sender, recipient, hasWords, answered }: TryAgainFacts,
  now: Date,
): string | null {
  if (sender.status === 'removed') return 'its sender was removed'
  if (sender.kind === 'vault') return 'its sender has left the warmup'
  if (recipient.status === 'removed') return 'its recipient was removed'
  if (recipient.kind === 'vault') return 'its recipient has left the warmup'
  if (!hasWords) return 'its conversation text is gone, or ends before this mail'
  if (answered && (answered.sentAt === null || isTooOldToAnswer(answered.sentAt, now)))
    return 'the mail that it answers is older than a week'
  return null
}

/** Why the mailbox of a recipient can't be looked into for a mail once more; null where it can. */
export function whyNotOpenAgain(recipient: Party): string | null {
  if (recipient.status === 'removed') return 'its recipient was removed'
  if (recipient.kind === 'vault') return 'its recipient has left the warmup'
  return null
}

/** Why a sender's mailbox can't be looked into at present; null where it can. */
export function whyNoLook({ status }: Pick<Party, 'status'>): string | null {
  if (status === 'removed')
    return 'its sender was removed, and nobody can look into its mailbox unless it is connected again'
  if (status === 'needs_reauth') return 'it is looked for once its sender is connected again'
  return null
}
