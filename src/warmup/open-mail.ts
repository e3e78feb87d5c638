import type { Message } from '../db/messages.ts'
import type { Store } from '../db/store.ts'
import { grants } from '../domain/engagement.ts'
import { engagementLabels, type Placement, placementOf, replySubject } from '../domain/message.ts'
import { isMissing, nextLook, soonInWindow, writingTime } from '../domain/pacing.ts'
import type { Outcome } from '../domain/task.ts'
import type { MessageRun, Warmup } from './dependencies.ts'
import { newRfcMessageId } from './plan-account-day.ts'

/**
 * The recipient's turn: finds the mail by its stored Message-ID, records where it was, decides whether to open and to
 * answer it, and carries that out. The decision is committed before the mailbox is touched, so that a run that comes
 * back after a crash sees the placement of the first look and decides nothing anew.
 */
export async function openMail(warmup: Warmup, run: MessageRun): Promise<Outcome> {
  const { clock, random } = warmup
  const { account: recipient, message } = run
  const now = clock.now()
  const inWindow = soonInWindow(now, recipient.timeZone, random)
  if (inWindow > now) return { kind: 'again', at: inWindow, reason: 'hours', untried: true }

  const arrived = message.placement === null ? await lookFor(warmup, run) : message
  return arrived ? engage(warmup, run, arrived) : waitOrMiss(warmup, run)
}

/** Looks once; where the mail is found, returns the message with its placement and what its recipient will do. */
async function lookFor(warmup: Warmup, run: MessageRun): Promise<Message | null> {
  const { store, clock } = warmup
  const { message } = run
  const mail = await run.ask((mailbox) => mailbox.find(message.rfcMessageId))
  if (!mail) return null
  const { messageId, threadId } = mail
  const placement = placementOf(mail.labelIds)
  const now = clock.now()
  return store.transaction(async (tx) => {
    const { opens, replies } = await decide(warmup, tx, run, placement)
    if (
      await tx.messages.recordArrival(message.id, { placement, opens, replies, messageId, threadId, now })
    ) {
      await tx.counts.add(
        new Map([
          [message.senderId, { placed: 1, placedSpam: placement === 'spam' ? 1 : 0 }],
          [
            message.recipientId,
            {
              received: 1,
              openAsked: placement === 'trash' ? 0 : 1,
              openGranted: opens ? 1 : 0,
              replyAsked: opens ? 1 : 0,
              replyGranted: replies ? 1 : 0,
            },
          ],
        ]),
      )
      await tx.events.add({
        kind: 'delivered',
        at: now,
        accountId: message.recipientId,
        messageId: message.id,
        data: { placement },
      })
    }
    return tx.messages.byId(message.id)
  })
}

/** What somebody has thrown away is left alone, and no rate is asked about it. */
async function decide({ texts, random }: Warmup, tx: Store, run: MessageRun, placement: Placement) {
  const { account: recipient, message } = run
  const runs = await tx.counts.lockRuns(recipient.id, message.senderId)
  const opens = placement !== 'trash' && grants(recipient.openRate, runs.opens, random)
  const turns = texts.find(({ key }) => key === message.textKey)?.turns.length ?? 0
  const replies = opens && message.turn < turns && grants(recipient.replyRate, runs.replies, random)
  return { opens, replies }
}

/** Does in the mailbox what was decided, then commits that it was done, with the reply that follows. */
async function engage(warmup: Warmup, run: MessageRun, message: Message): Promise<Outcome> {
  const { store, clock } = warmup
  const { account: recipient } = run
  const { placement, recipientMessageId, opens } = message
  if (placement === null || recipientMessageId === null) return { kind: 'done' }
  const labels = engagementLabels(placement, opens === true)
  const rescued = labels.remove.includes('SPAM')
  if (labels.add.length + labels.remove.length > 0)
    await run.ask((mailbox) => mailbox.modifyLabels(recipientMessageId, labels))

  const now = clock.now()
  await store.transaction(async (tx) => {
    if (!(await tx.tasks.finish(run.task.id, run.owner))) return
    await tx.messages.recordEngagement(message.id, {
      rescuedAt: rescued ? now : null,
      openedAt: opens ? now : null,
    })
    await tx.counts.add(new Map([[recipient.id, { opened: opens ? 1 : 0, rescued: rescued ? 1 : 0 }]]))
    if (message.replies) await planReply(warmup, tx, run, message)
    const about = { at: now, accountId: recipient.id, messageId: message.id }
    if (rescued) await tx.events.add({ kind: 'rescued', ...about })
    await tx.events.add({ kind: opens ? 'opened' : 'left_unread', ...about })
  })
  return { kind: 'done' }
}

async function planReply(
  { clock, random }: Warmup,
  tx: Store,
  run: MessageRun,
  message: Message,
): Promise<void> {
  const { account: recipient } = run
  const [reply] = await tx.messages.plan([
    {
      conversationId: message.conversationId,
      textKey: message.textKey,
      textSeed: message.textSeed,
      turn: message.turn + 1,
      subject: replySubject(message.subject),
      senderId: recipient.id,
      recipientId: message.senderId,
      inReplyTo: message.id,
      plannedFor: writingTime(clock.now(), recipient.timeZone, random),
      rfcMessageId: newRfcMessageId(recipient.email),
    },
  ])
  if (reply)
    await tx.tasks.add([
      { kind: 'reply', accountId: recipient.id, messageId: reply.id, dueAt: reply.plannedFor },
    ])
}

async function waitOrMiss({ store, clock }: Warmup, run: MessageRun): Promise<Outcome> {
  const { message, task } = run
  const now = clock.now()
  const looks = task.looks + 1
  if (message.sentAt === null || !isMissing(message.sentAt, looks, now))
    return { kind: 'again', at: nextLook(now, looks), reason: 'not arrived', looks }
  await store.transaction(async (tx) => {
    const nothing = { opens: false, replies: false, messageId: null, threadId: null }
    if (!(await tx.messages.recordArrival(message.id, { placement: 'missing', ...nothing, now }))) return
    await tx.counts.add(new Map([[message.senderId, { missing: 1 }]]))
    await tx.events.add({ kind: 'missing', at: now, accountId: message.senderId, messageId: message.id })
  })
  return { kind: 'done' }
}
