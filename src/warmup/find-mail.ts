import type { Message } from '../db/messages.ts'
import { type Decisions, decideAll, type RateRuns, type Rates, runsAfter } from '../domain/engagement.ts'
import { chanceOf, type Placement, placementOf } from '../domain/message.ts'
import { isTooOldToAnswer } from '../domain/pacing.ts'
import type { MessageRun, Warmup } from './dependencies.ts'
import { recordEnding } from './record-ending.ts'

/** Looks once; where the mail is found, returns the message with its placement and what its recipient will do. */
export async function lookForMail(warmup: Warmup, run: MessageRun): Promise<Message | null> {
  const { store, clock } = warmup
  const { message } = run
  const mail = await run.ask((mailbox) => mailbox.find(message.rfcMessageId))
  if (!mail) return null
  const { messageId, threadId, labelIds: labelsSeen } = mail
  const placement = placementOf(labelsSeen)
  const now = clock.now()
  return store.transaction(async (tx) => {
    // A rate's run goes on in the order of the decisions, so its row stays locked until they are kept.
    const runs = await tx.counts.lockRuns(run.account.id, message.senderId)
    const decisions = decideAbout(warmup, run, placement, runs)
    const found = { placement, labelsSeen, decisions, messageId, threadId }
    if (await recordEnding(tx, run, found, now))
      await tx.counts.setRuns(run.account.id, runsAfter(runs, decisions))
    return tx.messages.byId(message.id)
  })
}

function decideAbout(
  { texts, clock }: Warmup,
  { account, message, engine }: MessageRun,
  placement: Placement,
  runs: RateRuns,
): Decisions {
  const turns = texts.find(({ key }) => key === message.textKey)?.turns.length ?? 0
  const isFresh = message.sentAt !== null && !isTooOldToAnswer(message.sentAt, clock.now())
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
