import type { Message } from '../db/messages.ts'
import type { Draft } from '../db/sends.ts'
import type { SendingFacts } from '../db/started-task.ts'
import { readingSchedule, sendingSchedule } from '../domain/account.ts'
import { GoogleError } from '../domain/errors.ts'
import { localDateOf } from '../domain/local-time.ts'
import { chanceOf } from '../domain/message.ts'
import { countingFrom, isTooOldToAnswer, maySend, type Permission, readingTime } from '../domain/pacing.ts'
import type { Outcome } from '../domain/task.ts'
import { composeMail } from './compose-mail.ts'
import { holderOf, type MessageRun, type Warmup } from './dependencies.ts'
import { planLook } from './plan-look.ts'
import { changeLabels } from './warmup-label.ts'

export type Sent = { messageId: string; threadId: string }

/**
 * Sends one planned message, an opening or a reply, at most once.
 *
 * A draft is made first, and its id is committed together with the state `sending` before Gmail is asked to send that
 * draft. Gmail sends a draft once and deletes it, so whoever comes back to a `sending` message, after a crash or a
 * lost answer, can tell: the draft is there → it was not sent; it is gone and its thread holds a sent message that no
 * row knows → it was.
 */
export async function sendMail(warmup: Warmup, run: MessageRun): Promise<Outcome> {
  const { message, partner: recipient } = run
  if (message.state === 'sent') return confirmSent(warmup, run, message.gmailMessageId)
  if (message.state === 'sending') {
    const { gmailDraftId } = message
    const unsent = gmailDraftId !== null && (await run.ask((mailbox) => mailbox.draftExists(gmailDraftId)))
    const sent = unsent ? null : await findSent(warmup, run, message.gmailThreadId)
    if (sent) return finish(warmup, run, sent)
    if (!unsent) return leaveUnknown(warmup, message)
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

  if (isAnswerTooLate(run, warmup.clock.now())) return dropReply(warmup, run)

  const permission = permissionToSend(run, warmup.clock.now())
  if (!permission.allowed) return later(permission.until, permission.reason)

  const draft = await draftOf(warmup, run)
  const hindrance = await beginSending(warmup, run, draft)
  if (hindrance) return hindrance
  const sent = await sendDraft(warmup, run, draft)
  return 'messageId' in sent ? finish(warmup, run, sent) : sent
}

/** Here no earlier request can have sent it: what Google refuses now was not sent. */
async function sendDraft(
  warmup: Warmup,
  run: MessageRun,
  { draftId, threadId }: Draft,
): Promise<Sent | Outcome> {
  try {
    return await run.ask((mailbox) => mailbox.sendDraft(draftId))
  } catch (error) {
    if (!(error instanceof GoogleError)) throw error
    if (error.problem === 'refused') return { kind: 'failed', reason: error.message, isRefusal: true }
    if (error.problem !== 'not_found') throw error
    // The draft is gone: an earlier request did send it after all, or somebody deleted it by hand.
    return (await findSent(warmup, run, threadId)) ?? leaveUnknown(warmup, run.message)
  }
}

/**
 * Commits that Gmail may send the draft from here on; or says why not. Other runs may be at this account, or at this
 * very task, by now: it is committed only where all that the permission rests on still holds. Once the operator's stop is
 * kept, no send passes here any more; one that had passed just before it still leaves.
 */
async function beginSending(
  { store, clock }: Warmup,
  run: MessageRun,
  draft: Draft,
): Promise<Outcome | null> {
  const now = clock.now()
  const permission = permissionToSend(run, now)
  if (!permission.allowed) return later(permission.until, permission.reason)
  const begun = await store.sends.begin(run.message, { ...draft, now }, sendingFactsOf(run), holderOf(run))
  return begun ? null : later(now, 'the account has changed')
}

function permissionToSend(run: MessageRun, now: Date): Permission {
  const { account, engine, message } = run
  const { lately, domainFails } = sendingFactsOf(run)
  const from = countingFrom(now, account).getTime()
  const [last] = lately
  return maySend(
    {
      sentToday: lately.filter((at) => at >= from).length,
      lastSentAt: last === undefined ? null : new Date(last),
      schedule: sendingSchedule(account),
      dailyLimit: account.dailyLimit,
      minPauseMinutes: account.minPauseMinutes,
      isStopped: engine.stoppedAt !== null,
      restsUntil: account.restsUntil,
      lacksAuthentication: engine.needsAuthentication && domainFails,
    },
    now,
    chanceOf(message, 'waiting'),
  )
}

function sendingFactsOf({ sending, task }: MessageRun): SendingFacts {
  if (!sending) throw new Error(`a ${task.kind} task has no facts to send by`)
  return sending
}

/** An operator's own text may have been taken away, or made shorter, since the mail was planned. */
export function hasWords({ texts }: Warmup, { textKey, turn }: Message): boolean {
  return (texts.find(({ key }) => key === textKey)?.turns.length ?? 0) >= turn
}

function later(at: Date, reason: string): Outcome {
  return { kind: 'again', at, reason, untried: true }
}

/** The draft of a `sending` message, or one that a crashed run left behind, or a new one. */
async function draftOf(warmup: Warmup, run: MessageRun): Promise<Draft> {
  const { message } = run
  if (message.gmailDraftId && message.gmailThreadId)
    return { draftId: message.gmailDraftId, threadId: message.gmailThreadId }
  if (run.task.handout > 1) {
    const left = await run.ask((mailbox) => mailbox.findDraft(message.rfcMessageId))
    if (left) return left
  }
  const { mail, threadId } = composeMail(warmup, run)
  return run.ask((mailbox) => mailbox.createDraft(mail, threadId))
}

export async function findSent(
  { store }: Warmup,
  run: MessageRun,
  threadId: string | null,
): Promise<Sent | null> {
  if (threadId === null) return null
  const conversation = await store.messages.conversation(run.message.conversationId)
  const known = new Set(conversation.map(({ gmailMessageId }) => gmailMessageId))
  const sent = await run.ask((mailbox) => mailbox.sentInThread(threadId))
  return sent.find(({ messageId }) => !known.has(messageId)) ?? null
}

/**
 * Commits the fact and what follows from it, once it is known under which Message-ID its recipient will find the mail:
 * Gmail may have put in another. Where Gmail can't say that now, the fact is kept all the same, and the task for the rest.
 */
export async function finish(warmup: Warmup, run: MessageRun, sent: Sent): Promise<Outcome> {
  const { store, clock } = warmup
  const { message, account, partner } = run
  const now = clock.now()
  const opensAt = readingTime(now, readingSchedule(partner), chanceOf(message, 'reading'))
  const fact = { ...sent, now, day: localDateOf(now, account.timeZone), opensAt }
  const rfcMessageId = await dress(warmup, run, sent.messageId).catch(async (error: unknown) => {
    await store.sends.record(message, { ...fact, rfcMessageId: null }, null)
    throw error
  })
  await store.sends.record(message, { ...fact, rfcMessageId }, holderOf(run))
  return { kind: 'done', isKept: true }
}

/** What was left undone after the mail was known to be sent. */
export async function confirmSent(
  warmup: Warmup,
  run: MessageRun,
  gmailMessageId: string | null,
): Promise<Outcome> {
  if (gmailMessageId === null) return { kind: 'done' }
  const rfcMessageId = await dress(warmup, run, gmailMessageId)
  if (rfcMessageId !== run.message.rfcMessageId)
    await warmup.store.messages.confirmRfcMessageId(run.message.id, rfcMessageId)
  return { kind: 'done' }
}

/** Puts the warmup label on the sender's copy, and meanwhile reads the Message-ID that the mail really bears. */
async function dress(warmup: Warmup, run: MessageRun, gmailMessageId: string): Promise<string> {
  const both = [
    run.ask((mailbox) => mailbox.rfcMessageId(gmailMessageId)),
    changeLabels(warmup, run, gmailMessageId, (labelId) => ({
      add: labelId === null ? [] : [labelId],
      remove: [],
    })),
  ] as const
  // Where one fails, the other is still waited for: nothing is asked once the run is over.
  await Promise.allSettled(both)
  const [rfcMessageId] = await Promise.all(both)
  return rfcMessageId
}

function isAnswerTooLate({ earlier }: MessageRun, now: Date): boolean {
  const answeredAt = earlier.at(-1)?.sentAt ?? null
  return answeredAt !== null && isTooOldToAnswer(new Date(answeredAt), now)
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
    await planLook(tx, message, clock.now())
  })
  log.warn({ messageId: message.id, reason }, 'whether this mail was sent is unknown')
  return { kind: 'done' }
}
