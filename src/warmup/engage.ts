import type { Engagement } from '../db/engagements.ts'
import type { PlannedMessage } from '../db/messages.ts'
import { sendingSchedule } from '../domain/account.ts'
import type { Decisions, RateName } from '../domain/engagement.ts'
import { both, chanceOf, changesNothing, firstTouch, lastTouch, replySubject } from '../domain/message.ts'
import { dwellSeconds, writingTime } from '../domain/pacing.ts'
import type { Outcome } from '../domain/task.ts'
import { holderOf, type MessageRun, type Warmup } from './dependencies.ts'
import { newRfcMessageId } from './plan-account-day.ts'
import { changeLabels } from './warmup-label.ts'

/**
 * Does in the mailbox what was decided about a mail that was found: first what one does coming upon it; then, where it is
 * opened and there is more to do, the rest once it has been read. Each is committed after it was done: done twice after a
 * crash, it changes nothing more.
 */
export async function engage(warmup: Warmup, run: MessageRun): Promise<Outcome> {
  const { message, engine } = run
  const { recipientMessageId, opens, openedAt, placement } = message
  if (recipientMessageId === null || placement === 'missing' || placement === 'trash') return { kind: 'done' }
  const decisions = message.decisions ?? {}
  const later = lastTouch(decisions, engine)
  if (openedAt !== null) {
    await changeLabels(warmup, run, recipientMessageId, () => later)
    return finish(warmup, run, decisions, { isFirst: false })
  }
  const reads = opens === true && !changesNothing(later)
  await changeLabels(warmup, run, recipientMessageId, (labelId) => {
    const first = firstTouch(decisions, labelId)
    return reads ? first : both(first, later)
  })
  return reads ? startReading(warmup, run, decisions) : finish(warmup, run, decisions, { isFirst: true })
}

/** Opened; the rest waits for as long as somebody reads. */
async function startReading(warmup: Warmup, run: MessageRun, decisions: Decisions): Promise<Outcome> {
  const now = warmup.clock.now()
  const at = new Date(now.getTime() + dwellSeconds(chanceOf(run.message, 'dwell')) * 1000)
  const reading = { at, reason: 'reading' }
  const done = { now, ...firstDeeds(run, decisions, now), reply: null }
  await warmup.store.engagements.record(run.message, done, holderOf(run), reading)
  return { kind: 'again', ...reading, isKept: true }
}

async function finish(
  warmup: Warmup,
  run: MessageRun,
  decisions: Decisions,
  { isFirst }: { isFirst: boolean },
): Promise<Outcome> {
  const now = warmup.clock.now()
  const first = isFirst ? firstDeeds(run, decisions, now) : { counted: {}, events: [] }
  const last = lastDeeds(run, decisions)
  const done: Engagement = {
    now,
    ...first,
    handledAt: now,
    counted: { ...first.counted, ...last.counted },
    events: [...first.events, ...last.events],
    reply: run.message.replies ? replyTo(run, now) : null,
  }
  await warmup.store.engagements.record(run.message, done, holderOf(run), null)
  return { kind: 'done', isKept: true }
}

type Deeds = Pick<Engagement, 'rescuedAt' | 'openedAt' | 'counted' | 'events'>

function firstDeeds({ message }: MessageRun, decisions: Decisions, now: Date): Deeds {
  const does = (name: RateName) => decisions[name]?.answer === true
  const rescued = does('rescue')
  const toPrimary = does('primary')
  const opens = message.opens === true
  return {
    rescuedAt: rescued ? now : undefined,
    openedAt: opens ? now : undefined,
    counted: { opened: opens ? 1 : 0, rescued: rescued ? 1 : 0, movedToPrimary: toPrimary ? 1 : 0 },
    events: [
      ...(rescued ? [{ kind: 'rescued' as const }] : []),
      ...(toPrimary ? [{ kind: 'moved_to_primary' as const }] : []),
      { kind: opens ? ('opened' as const) : ('left_unread' as const) },
    ],
  }
}

function lastDeeds({ engine }: MessageRun, decisions: Decisions): Pick<Deeds, 'counted' | 'events'> {
  const important = decisions.important?.answer === true
  const starred = decisions.star?.answer === true
  if (!important && !starred) return { counted: {}, events: [] }
  return {
    counted: { markedImportant: important ? 1 : 0, starred: starred ? 1 : 0 },
    events: [{ kind: 'marked', data: { important, starred, filed: engine.leavesInbox } }],
  }
}

/** The answer that its recipient will write, when it gets to it. */
function replyTo({ account: recipient, message }: MessageRun, now: Date): PlannedMessage {
  return {
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
  }
}
