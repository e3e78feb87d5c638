import { randomUUID } from 'node:crypto'
import type { PlannedMessage } from '../db/messages.ts'
import type { ConversationText } from '../domain/conversation.ts'
import { renderSubject } from '../domain/conversation.ts'
import { addDays, localDateOf, startOfLocalDay } from '../domain/local-time.ts'
import { planDay } from '../domain/plan-day.ts'
import { type Random, randomInteger, seededRandom } from '../domain/random.ts'
import type { Outcome } from '../domain/task.ts'
import type { Run, Warmup } from './dependencies.ts'

/** Plans one warmup account's day: its messages and their `send` tasks, in one transaction; then waits for the next. */
export async function planAccountDay(
  { store, texts, clock, log }: Warmup,
  { account }: Run,
): Promise<Outcome> {
  if (account.kind !== 'warmup') return { kind: 'done' }
  const now = clock.now()
  const today = localDateOf(now, account.timeZone)
  const day = {
    start: startOfLocalDay(today, account.timeZone),
    end: startOfLocalDay(addDays(today, 1), account.timeZone),
  }
  const random = seededRandom(`plan ${account.id} ${today}`)

  const plan = await store.transaction(async (tx) => {
    await tx.partners.lock()
    const plan = planDay(
      {
        ramp: account,
        timeZone: account.timeZone,
        warmupDay: account.warmupDay,
        lastPlannedOn: account.lastPlannedOn,
        sentToday: (await tx.messages.sentSince(account.id, day.start)).sentToday,
        repliesWaiting: await tx.messages.repliesWaiting(account.id),
        partners: await tx.partners.of(account.id, day),
      },
      now,
      random,
    )
    if (plan.day === null) return plan
    const openings = plan.messages.map(({ recipientId, dueAt }) =>
      opening({ senderId: account.id, senderEmail: account.email, recipientId, dueAt }, texts, random),
    )
    const planned = await tx.messages.plan(openings)
    await tx.tasks.add(
      planned.map(({ id, plannedFor }) => ({
        kind: 'send',
        accountId: account.id,
        messageId: id,
        dueAt: plannedFor,
      })),
    )
    await tx.accounts.markPlanned(account.id, plan.day, plan.warmupDay)
    await tx.events.add({
      kind: 'planned',
      at: now,
      accountId: account.id,
      data: { day: plan.day, warmupDay: plan.warmupDay, mails: planned.length, shortOf: plan.shortOf },
    })
    return plan
  })
  if (plan.day !== null)
    log.info(
      { accountId: account.id, day: plan.day, mails: plan.messages.length, shortOf: plan.shortOf },
      'day planned',
    )
  return { kind: 'again', at: plan.nextPlanAt, reason: 'the next working day' }
}

/** The first message of a conversation. Its Message-ID is chosen now, so that a crashed send can be looked for. */
function opening(
  pair: { senderId: number; senderEmail: string; recipientId: number; dueAt: Date },
  texts: readonly ConversationText[],
  random: Random,
): PlannedMessage {
  const text = texts[randomInteger(random, 0, texts.length - 1)]
  if (!text) throw new Error('there are no conversation texts')
  const textSeed = randomInteger(random, 0, 2 ** 31 - 1)
  return {
    conversationId: randomUUID(),
    textKey: text.key,
    textSeed,
    turn: 1,
    subject: renderSubject(text, textSeed),
    senderId: pair.senderId,
    recipientId: pair.recipientId,
    plannedFor: pair.dueAt,
    rfcMessageId: newRfcMessageId(pair.senderEmail),
  }
}

/** Unique by a UUID, at the sender's own domain, as RFC 5322 3.6.4 recommends. */
export function newRfcMessageId(senderEmail: string): string {
  return `<${randomUUID()}@${senderEmail.slice(senderEmail.indexOf('@') + 1)}>`
}
