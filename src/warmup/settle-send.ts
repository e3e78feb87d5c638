import type { Message } from '../db/messages.ts'
import type { Store } from '../db/store.ts'
import type { Outcome } from '../domain/task.ts'
import { type LookResult, nextLookForSend, provesAbsence } from '../domain/unknown-send.ts'
import type { MessageRun, Warmup } from './dependencies.ts'
import { newRfcMessageId } from './plan-account-day.ts'
import { confirmSent, findSent, finish, type Sent } from './send-mail.ts'

const NOT_FOUND = 'not found yet'

/**
 * Looks through its sender's mailbox for a mail of which nobody knows whether it was sent. Found, it is `sent`, with all
 * that follows from that. Not found, it is looked for again later by itself, a few times, as what Gmail took may show
 * late; and where the operator wants it sent again, this last look, which has shown that it was not, lets it be planned.
 */
export async function settleSend(warmup: Warmup, run: MessageRun): Promise<Outcome> {
  const { message } = run
  // It was found by a run that got no further.
  if (message.state === 'sent') return confirmSent(warmup, run, message.gmailMessageId)
  if (message.state !== 'unknown') return { kind: 'done' }
  // The time before the look: what Gmail does while it lasts may have escaped it.
  const now = warmup.clock.now()
  const seen = await look(warmup, run)
  if (typeof seen === 'object') return finish(warmup, run, seen)
  return recordAbsence(warmup, run, seen, now)
}

async function look(warmup: Warmup, run: MessageRun): Promise<Sent | Exclude<LookResult, 'error'>> {
  const { gmailDraftId, gmailThreadId, rfcMessageId } = run.message
  const mail = await run.ask((mailbox) => mailbox.find(rfcMessageId))
  if (mail?.labelIds.includes('SENT')) return { messageId: mail.messageId, threadId: mail.threadId }
  if (gmailDraftId !== null && (await run.ask((mailbox) => mailbox.draftExists(gmailDraftId)))) return 'draft'
  // Gmail may have put another Message-ID in the place of ours.
  return (await findSent(warmup, run, gmailThreadId)) ?? 'nothing'
}

async function recordAbsence(
  { store, clock }: Warmup,
  run: MessageRun,
  saw: Exclude<LookResult, 'error'>,
  lookedAt: Date,
): Promise<Outcome> {
  return store.transaction(async (tx) => {
    if (!(await tx.tasks.isHeld(run.task.id, run.owner))) return { kind: 'done' }
    const message = await tx.messageEndings.recordLook(run.message.id, { saw, now: lookedAt })
    if (!message) return { kind: 'done' }
    const about = { at: clock.now(), accountId: message.senderId, messageId: message.id }
    if (message.resendWishedAt !== null && provesAbsence(message)) {
      await planResend(tx, message, run.account.email, clock.now())
      await tx.events.add({ kind: 'send_again', ...about, data: { draft: saw === 'draft' } })
      return { kind: 'done' }
    }
    await tx.events.add({ kind: 'send_not_found', ...about, data: { draft: saw === 'draft' } })
    const next = message.sendStartedAt && nextLookForSend(message.sendStartedAt, clock.now())
    return next ? { kind: 'again', at: next, reason: NOT_FOUND } : { kind: 'done' }
  })
}

/** A mail whose draft is still there keeps it: Gmail sends it once at most. Another one is written anew, under a new id. */
async function planResend(tx: Store, message: Message, senderEmail: string, now: Date): Promise<void> {
  const fresh = message.lookSaw === 'draft' ? null : newRfcMessageId(senderEmail)
  if (!(await tx.messageEndings.planAgain(message.id, { from: 'unknown', fresh, now }))) return
  await addSending(tx, message, now)
}

/**
 * The task that sends a planned mail once more. It counts as handed out before, so that a draft which an earlier task has
 * left behind is looked for.
 */
export async function addSending(tx: Store, message: Message, now: Date): Promise<void> {
  const kind = message.inReplyTo === null ? 'send' : 'reply'
  const task = { accountId: message.senderId, messageId: message.id, dueAt: now }
  await tx.tasks.hasten([{ kind, ...task, handout: 1 }])
}
