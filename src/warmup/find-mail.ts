import type { Message } from '../db/messages.ts'
import type { Store } from '../db/store.ts'
import { type Decisions, decideAll, type Rates, runsAfter } from '../domain/engagement.ts'
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
    const decisions = await decideAbout(warmup, tx, run, placement)
    await recordEnding(tx, run, { placement, labelsSeen, decisions, messageId, threadId }, now)
    return tx.messages.byId(message.id)
  })
}

/** A rate's run goes on in the order of the decisions, so its row stays locked until they are kept. */
async function decideAbout(
  { texts, clock }: Warmup,
  tx: Store,
  run: MessageRun,
  placement: Placement,
): Promise<Decisions> {
  const { account, message, engine } = run
  const runs = await tx.counts.lockRuns(account.id, message.senderId)
  const turns = texts.find(({ key }) => key === message.textKey)?.turns.length ?? 0
  const isFresh = message.sentAt !== null && !isTooOldToAnswer(message.sentAt, clock.now())
  const mayReply = isFresh && message.turn < Math.min(turns, engine.maxTurns)
  const random = chanceOf(message, 'decisions')
  const decisions = decideAll(ratesOf(account), runs, { placement, mayReply }, random)
  await tx.counts.setRuns(account.id, runsAfter(runs, decisions))
  return decisions
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
