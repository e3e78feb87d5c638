import type { Message } from '../db/messages.ts'
import type { Store } from '../db/store.ts'
import { domainOf } from '../domain/account.ts'
import { type Decisions, decideAll, type Rates, runsAfter } from '../domain/engagement.ts'
import { localDateOf } from '../domain/local-time.ts'
import { chanceOf, evidenceKindOf, type Placement, placementOf } from '../domain/message.ts'
import { isTooOldToAnswer } from '../domain/pacing.ts'
import type { MessageRun, Warmup } from './dependencies.ts'

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
    const arrival = { placement, labelsSeen, decisions, messageId, threadId, now }
    if (await tx.messages.recordArrival(message.id, arrival)) {
      const opened = decisions.open !== undefined ? 1 : 0
      await tx.counts.add(
        new Map([
          [message.senderId, { placed: 1, placedSpam: placement === 'spam' ? 1 : 0 }],
          [message.recipientId, { received: opened === 0 ? 0 : 1 }],
        ]),
      )
      await countPlacement(tx, run, placement, now)
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

/** A day has passed, and it is nowhere. */
export async function recordMissing(warmup: Warmup, run: MessageRun): Promise<void> {
  const { store, clock } = warmup
  const { message } = run
  const now = clock.now()
  const nothing = { labelsSeen: null, decisions: {}, messageId: null, threadId: null }
  await store.transaction(async (tx) => {
    if (!(await tx.messages.recordArrival(message.id, { placement: 'missing', ...nothing, now }))) return
    await tx.counts.add(new Map([[message.senderId, { missing: 1 }]]))
    await countPlacement(tx, run, 'missing', now)
    await tx.events.add({ kind: 'missing', at: now, accountId: message.senderId, messageId: message.id })
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

/** What was learnt of a mail, on its sender's day and by its recipient's domain. */
async function countPlacement(tx: Store, run: MessageRun, placement: Placement, now: Date): Promise<void> {
  const { message, account: recipient } = run
  const sender = await tx.accounts.byId(message.senderId)
  const kind = evidenceKindOf(placement)
  if (!sender || kind === null) return
  await tx.accountDays.add(sender.id, localDateOf(now, sender.timeZone), { [kind]: 1 })
  await tx.placementCounts.add(sender.id, domainOf(recipient.email), placement)
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
