import type { Store } from '../db/store.ts'
import { sendingSchedule } from '../domain/account.ts'
import { both, chanceOf, changesNothing, firstTouch, lastTouch, replySubject } from '../domain/message.ts'
import { dwellSeconds, writingTime } from '../domain/pacing.ts'
import type { Outcome } from '../domain/task.ts'
import type { MessageRun, Warmup } from './dependencies.ts'
import { newRfcMessageId } from './plan-account-day.ts'
import { changeLabels } from './warmup-label.ts'

/**
 * Does in the mailbox what was decided about a mail that was found: first what one does coming upon it; then, where it is
 * opened and there is more to do, the rest once it has been read. Each is committed after it was done: done twice after a
 * crash, it changes nothing more.
 */
export async function engage(warmup: Warmup, run: MessageRun): Promise<Outcome> {
  const { message, engine } = run
  const { recipientMessageId, decisions, opens, openedAt, placement } = message
  if (recipientMessageId === null || placement === 'missing' || placement === 'trash') return { kind: 'done' }
  const made = decisions ?? {}
  const later = lastTouch(made, engine)
  const reads = opens === true && !changesNothing(later)
  if (openedAt === null) {
    await changeLabels(warmup, run, recipientMessageId, (labelId) => {
      const first = firstTouch(made, labelId)
      return reads ? first : both(first, later)
    })
    return reads ? startReading(warmup, run) : finish(warmup, run, { isFirst: true })
  }
  await changeLabels(warmup, run, recipientMessageId, () => later)
  return finish(warmup, run, { isFirst: false })
}

/** Opened; the rest waits for as long as somebody reads. */
async function startReading({ store, clock }: Warmup, run: MessageRun): Promise<Outcome> {
  const now = clock.now()
  const at = new Date(now.getTime() + dwellSeconds(chanceOf(run.message, 'dwell')) * 1000)
  await store.transaction(async (tx) => {
    if (await tx.tasks.isHeld(run.task.id, run.owner)) await recordFirst(tx, run, now)
  })
  return { kind: 'again', at, reason: 'reading' }
}

async function finish(
  { store, clock }: Warmup,
  run: MessageRun,
  { isFirst }: { isFirst: boolean },
): Promise<Outcome> {
  const { message, account, engine } = run
  const now = clock.now()
  await store.transaction(async (tx) => {
    if (!(await tx.tasks.finish(run.task.id, run.owner))) return
    if (isFirst) await recordFirst(tx, run, now)
    await tx.messages.recordEngagement(message.id, { handledAt: now })
    const isImportant = message.decisions?.important?.answer === true
    const isStarred = message.decisions?.star?.answer === true
    if (isImportant || isStarred) {
      const increments = { markedImportant: isImportant ? 1 : 0, starred: isStarred ? 1 : 0 }
      await tx.counts.add(new Map([[account.id, increments]]))
      const data = { important: isImportant, starred: isStarred, filed: engine.leavesInbox }
      await tx.events.add({ kind: 'marked', at: now, accountId: account.id, messageId: message.id, data })
    }
    if (message.replies) await planReply(tx, run, now)
  })
  return { kind: 'done' }
}

async function recordFirst(tx: Store, run: MessageRun, now: Date): Promise<void> {
  const { message, account } = run
  const rescued = message.decisions?.rescue?.answer === true
  const toPrimary = message.decisions?.primary?.answer === true
  const opens = message.opens === true
  await tx.messages.recordEngagement(message.id, {
    rescuedAt: rescued ? now : null,
    openedAt: opens ? now : null,
  })
  const increments = { opened: opens ? 1 : 0, rescued: rescued ? 1 : 0, movedToPrimary: toPrimary ? 1 : 0 }
  await tx.counts.add(new Map([[account.id, increments]]))
  const about = { at: now, accountId: account.id, messageId: message.id }
  if (rescued) await tx.events.add({ kind: 'rescued', ...about })
  if (toPrimary) await tx.events.add({ kind: 'moved_to_primary', ...about })
  await tx.events.add({ kind: opens ? 'opened' : 'left_unread', ...about })
}

async function planReply(tx: Store, run: MessageRun, now: Date): Promise<void> {
  const { account: recipient, message } = run
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
      plannedFor: writingTime(now, sendingSchedule(recipient), chanceOf(message, 'writing')),
      rfcMessageId: newRfcMessageId(recipient.email),
    },
  ])
  if (reply)
    await tx.tasks.add([
      { kind: 'reply', accountId: recipient.id, messageId: reply.id, dueAt: reply.plannedFor },
    ])
}
