/**
 * What a look through the sender's mailbox saw of a mail of which nobody knows whether it was sent: neither draft nor
 * mail; its draft, which Gmail deletes when it sends it; or that it could not be looked. One that is found is `sent`.
 */
export const LOOK_RESULTS = ['nothing', 'draft', 'error'] as const
export type LookResult = (typeof LOOK_RESULTS)[number]

const MINUTE = 60_000
/** By then a send that Gmail had in its hands is over, and to be found. */
const SETTLED_AFTER = 10 * MINUTE
/** It is looked for by itself so long after Gmail was asked to send it; then the operator decides. */
const LOOKS_AFTER = [SETTLED_AFTER, 60 * MINUTE, 24 * 60 * MINUTE]

/** When it is looked for next by itself; null: not any more. */
export function nextLookForSend(startedAt: Date, now: Date): Date | null {
  const after = LOOKS_AFTER.find((ms) => startedAt.getTime() + ms > now.getTime())
  return after === undefined ? null : new Date(startedAt.getTime() + after)
}

export type LastLook = { sendStartedAt: Date | null; lookedAt: Date | null; lookSaw: LookResult | null }

/**
 * Whether the last look has shown that the mail was not sent: its draft is still there, or nothing was seen of it when
 * Gmail had long been done with it.
 */
export function provesAbsence({ sendStartedAt, lookedAt, lookSaw }: LastLook): boolean {
  if (lookSaw === 'draft') return true
  if (lookSaw !== 'nothing' || lookedAt === null || sendStartedAt === null) return false
  return lookedAt.getTime() - sendStartedAt.getTime() >= SETTLED_AFTER
}
