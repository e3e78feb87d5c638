import type { Account } from '../db/accounts.ts'
import type { Engine } from '../db/engine.ts'
import type { Message } from '../db/messages.ts'
import { domainOf, readingSchedule, sendingSchedule } from '../domain/account.ts'
import { GoogleError } from '../domain/errors.ts'
import { localDateOf } from '../domain/local-time.ts'
import { chanceOf } from '../domain/message.ts'
import { countingFrom, isTooOldToAnswer, maySend, type Permission, readingTime } from '../domain/pacing.ts'
import type { Outcome } from '../domain/task.ts'
import { composeMail } from './compose-mail.ts'
import type { MessageRun, Warmup } from './dependencies.ts'
import { changeLabels } from './warmup-label.ts'

type Sent = { messageId: string; threadId: string }
type Draft = { draftId: string; threadId: string }

/**
 * Sends one planned message, an opening or a reply, at most once.
 *
 * A draft is made first, and its id is committed together with the state `sending` before Gmail is asked to send that
 * draft. Gmail sends a draft once and deletes it, so whoever comes back to a `sending` message, after a crash or a
 * lost answer, can tell: the draft is there → it was not sent; it is gone and its thread holds a sent message that no
 * row knows → it was.
 */
export async function sendMail(warmup: Warmup, run: MessageRun): Promise<Outcome> {
  const { store } = warmup
  const { message } = run
  const recipient = await store.accounts.byId(message.recipientId)
  if (!recipient) return { kind: 'failed', reason: 'its recipient is not a connected account' }

  if (message.state === 'sent') return confirmSent(warmup, run, message.gmailMessageId)
  let unsent = true
  if (message.state === 'sending') {
    const { gmailDraftId } = message
    unsent = gmailDraftId !== null && (await run.ask((mailbox) => mailbox.draftExists(gmailDraftId)))
    const sent = unsent ? null : await findSent(warmup, run, message.gmailThreadId)
    if (sent) return finish(warmup, run, recipient, sent)
  } else if (message.state !== 'planned') {
    return { kind: 'done' }
  }
  if (recipient.status === 'removed') return { kind: 'failed', reason: 'its recipient was removed' }
  if (recipient.kind === 'vault') return { kind: 'failed', reason: 'its recipient has left the warmup' }
  if (!hasWords(warmup, message))
    return {
      kind: 'failed',
      reason: `the conversation text “${message.textKey}” is gone, or ends before this mail`,
    }

  if (message.inReplyTo !== null && (await isAnswerTooLate(warmup, message.inReplyTo)))
    return dropReply(warmup, run)

  const permission = await permissionToSend(warmup, run.account, run.engine, message)
  if (!permission.allowed) return later(permission.until, permission.reason)

  const draft = await draftOf(warmup, run, recipient)
  const hindrance = await beginSending(warmup, run, draft)
  if (hindrance) return hindrance
  try {
    const sent = await run.ask((mailbox) => mailbox.sendDraft(draft.draftId))
    return await finish(warmup, run, recipient, sent)
  } catch (error) {
    if (!(error instanceof GoogleError)) throw error
    if (error.problem === 'refused' && unsent)
      return { kind: 'failed', reason: error.message, isRefusal: true }
    if (error.problem !== 'not_found') throw error
    // The draft is gone: an earlier request did send it after all, or somebody deleted it by hand.
    const sent = await findSent(warmup, run, draft.threadId)
    return sent ? finish(warmup, run, recipient, sent) : leaveUnknown(warmup, message)
  }
}

/**
 * Commits that Gmail may send the draft from here on; or says why not. Other runs may be at this account, or at this
 * very task, by now: only under the account's lock is what was seen before still true. Once the operator's stop is
 * kept, no send passes here any more; one that had passed just before it still leaves.
 */
async function beginSending(warmup: Warmup, run: MessageRun, draft: Draft): Promise<Outcome | null> {
  const now = warmup.clock.now()
  return warmup.store.transaction(async (tx) => {
    const account = await tx.accounts.lock(run.account.id)
    if (account?.status !== 'active') return later(now, 'the account has changed')
    if (!(await tx.tasks.isHeld(run.task.id, run.owner))) return later(now, 'lease lost')
    const engine = await tx.engine.getToSend()
    const permission = await permissionToSend({ ...warmup, store: tx }, account, engine, run.message)
    if (!permission.allowed) return later(permission.until, permission.reason)
    const begun = await tx.messages.beginSending(run.message.id, { ...draft, now })
    return begun ? null : later(now, 'begun elsewhere')
  })
}

async function permissionToSend(
  { store, clock }: Warmup,
  account: Account,
  engine: Engine,
  message: Message,
): Promise<Permission> {
  const now = clock.now()
  const { id, dailyLimit, minPauseMinutes, restsUntil } = account
  const sent = await store.messages.sentSince(id, countingFrom(now, account), message.id)
  const domain = engine.needsAuthentication ? await store.senderDomains.of(domainOf(account.email)) : null
  return maySend(
    {
      ...sent,
      schedule: sendingSchedule(account),
      dailyLimit,
      minPauseMinutes,
      isStopped: engine.stoppedAt !== null,
      restsUntil,
      lacksAuthentication: domain?.fails ?? false,
    },
    now,
    chanceOf(message, 'waiting'),
  )
}

/** An operator's own text may have been taken away, or made shorter, since the mail was planned. */
function hasWords({ texts }: Warmup, { textKey, turn }: Message): boolean {
  return (texts.find(({ key }) => key === textKey)?.turns.length ?? 0) >= turn
}

function later(at: Date, reason: string): Outcome {
  return { kind: 'again', at, reason, untried: true }
}

/** The draft of a `sending` message, or one that a crashed run left behind, or a new one. */
async function draftOf(warmup: Warmup, run: MessageRun, recipient: Account): Promise<Draft> {
  const { message } = run
  if (message.gmailDraftId && message.gmailThreadId)
    return { draftId: message.gmailDraftId, threadId: message.gmailThreadId }
  if (run.task.handout > 1) {
    const left = await run.ask((mailbox) => mailbox.findDraft(message.rfcMessageId))
    if (left) return left
  }
  const { mail, threadId } = await composeMail(warmup, run.account, message, recipient)
  return run.ask((mailbox) => mailbox.createDraft(mail, threadId))
}

async function findSent({ store }: Warmup, run: MessageRun, threadId: string | null): Promise<Sent | null> {
  if (threadId === null) return null
  const conversation = await store.messages.conversation(run.message.conversationId)
  const known = new Set(conversation.map(({ gmailMessageId }) => gmailMessageId))
  const sent = await run.ask((mailbox) => mailbox.sentInThread(threadId))
  return sent.find(({ messageId }) => !known.has(messageId)) ?? null
}

/** Commits the fact and what follows from it before anything else is asked of Gmail. */
async function finish(warmup: Warmup, run: MessageRun, recipient: Account, sent: Sent): Promise<Outcome> {
  const { store, clock } = warmup
  const { message } = run
  const now = clock.now()
  await store.transaction(async (tx) => {
    if (!(await tx.messages.markSent(message.id, { ...sent, now }))) return
    const dueAt = readingTime(now, readingSchedule(recipient), chanceOf(message, 'reading'))
    await tx.tasks.add([{ kind: 'open', accountId: recipient.id, messageId: message.id, dueAt }])
    const isReply = message.inReplyTo !== null
    await tx.counts.add(new Map([[message.senderId, { sent: 1, ...(isReply ? { answered: 1 } : {}) }]]))
    const day = localDateOf(now, run.account.timeZone)
    await tx.accountDays.add(message.senderId, day, { sent: 1, replies: isReply ? 1 : 0 })
    await tx.events.add({ kind: 'sent', at: now, accountId: message.senderId, messageId: message.id })
  })
  return confirmSent(warmup, run, sent.messageId)
}

/**
 * The recipient's mailbox is searched for the Message-ID that the mail really bears: Gmail may have put in another. The
 * sender's copy gets its warmup label too.
 */
async function confirmSent(warmup: Warmup, run: MessageRun, gmailMessageId: string | null): Promise<Outcome> {
  if (gmailMessageId === null) return { kind: 'done' }
  const rfcMessageId = await run.ask((mailbox) => mailbox.rfcMessageId(gmailMessageId))
  if (rfcMessageId !== run.message.rfcMessageId)
    await warmup.store.messages.confirmRfcMessageId(run.message.id, rfcMessageId)
  await changeLabels(warmup, run, gmailMessageId, (labelId) => ({
    add: labelId === null ? [] : [labelId],
    remove: [],
  }))
  return { kind: 'done' }
}

async function isAnswerTooLate({ store, clock }: Warmup, answeredId: number): Promise<boolean> {
  const answered = await store.messages.byId(answeredId)
  return answered?.sentAt != null && isTooOldToAnswer(answered.sentAt, clock.now())
}

async function dropReply({ store, clock }: Warmup, run: MessageRun): Promise<Outcome> {
  const { id: messageId, senderId: accountId } = run.message
  await store.transaction(async (tx) => {
    if (!(await tx.messages.end(messageId, 'cancelled', 'the mail that it answers is older than a week')))
      return
    await tx.events.add({ kind: 'reply_dropped', at: clock.now(), accountId, messageId })
  })
  return { kind: 'done' }
}

async function leaveUnknown({ store, clock, log }: Warmup, message: Message): Promise<Outcome> {
  const reason = 'the draft is gone, and its thread holds no sent message'
  await store.transaction(async (tx) => {
    if (!(await tx.messages.end(message.id, 'unknown', reason))) return
    const { id: messageId, senderId: accountId } = message
    await tx.events.add({ kind: 'send_unknown', at: clock.now(), accountId, messageId, data: { reason } })
  })
  log.warn({ messageId: message.id, reason }, 'whether this mail was sent is unknown')
  return { kind: 'done' }
}
