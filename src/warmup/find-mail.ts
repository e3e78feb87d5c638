import type { Message } from '../db/messages.ts'
import { type Decisions, decideAll, type Rates } from '../domain/engagement.ts'
import { chanceOf, type Placement, placementOf } from '../domain/message.ts'
import { isTooOldToAnswer } from '../domain/pacing.ts'
import type { MessageRun, Warmup } from './dependencies.ts'
import { recordEnding } from './record-ending.ts'

/**
 * Looks once; where the mail is found, returns the message with its placement and what its recipient will do. `changed`:
 * what was decided could not be kept, and is to be decided anew.
 */
export async function lookForMail(warmup: Warmup, run: MessageRun): Promise<Message | 'changed' | null> {
  const { message } = run
  const mail = await run.ask((mailbox) => mailbox.find(message.rfcMessageId))
  if (!mail) return null
  const { messageId, threadId, labelIds: labelsSeen } = mail
  const placement = placementOf(labelsSeen)
  const now = warmup.clock.now()
  const decisions = decideAbout(warmup, run, placement, now)
  const found = { placement, labelsSeen, decisions, messageId, threadId }
  if (!(await recordEnding(warmup, run, found, now))) return 'changed'
  return {
    ...message,
    placement,
    decisions,
    opens: decisions.open?.answer ?? false,
    replies: decisions.reply?.answer ?? false,
    recipientMessageId: messageId,
    recipientThreadId: threadId,
  }
}

/** Rates are kept in the order of the decisions: `runs` is what they were so far. */
function decideAbout(
  { texts }: Warmup,
  { account, message, engine, runs }: MessageRun,
  placement: Placement,
  now: Date,
): Decisions {
  const turns = texts.find(({ key }) => key === message.textKey)?.turns.length ?? 0
  const isFresh = message.sentAt !== null && !isTooOldToAnswer(message.sentAt, now)
  const mayReply = isFresh && message.turn < Math.min(turns, engine.maxTurns)
  return decideAll(ratesOf(account), runs, { placement, mayReply }, chanceOf(message, 'decisions'))
}

function ratesOf(account: MessageRun['account']): Rates {
  return {
    rescue: account.rescueRate,
    primary: account.primaryRate,
    open: account.openRate,
    important: account.importantRate,
    star: account.starRate,
    reply: account.replyRate,
  }
}
