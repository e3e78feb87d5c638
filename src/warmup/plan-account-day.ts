import { randomUUID } from 'node:crypto'
import type { Account } from '../db/accounts.ts'
import type { PlannedMessage } from '../db/messages.ts'
import type { Store } from '../db/store.ts'
import type { ConversationText } from '../domain/conversation.ts'
import { renderSubject } from '../domain/conversation.ts'
import { addDays, localDateOf, startOfLocalDay } from '../domain/local-time.ts'
import { type DayPlan, planDay } from '../domain/plan-day.ts'
import { type Random, randomInteger, seededRandom } from '../domain/random.ts'
import type { Outcome } from '../domain/task.ts'
import type { Run, Warmup } from './dependencies.ts'

/** Plans one warmup account's day: its messages and their `send` tasks, in one transaction; then waits for the next. */
export async function planAccountDay(warmup: Warmup, run: Run): Promise<Outcome> {
  if (run.account.kind !== 'warmup') return { kind: 'done' }
  const { store, clock, log } = warmup
  const now = clock.now()
  const plan = await store.transaction(async (tx) => {
    await tx.partners.lock()
    // The account as it is now: another run may have planned this day, or the operator have changed it, meanwhile.
    const account = await tx.accounts.lock(run.account.id)
    if (account?.status !== 'active' || !(await tx.tasks.isHeld(run.task.id, run.owner))) return null
    return planAndKeep(warmup, tx, account, now)
  })
  if (plan === null) return { kind: 'again', at: now, reason: 'the account has changed' }
  const { day, messages, shortOf, nextPlanAt } = plan
  if (day !== null)
    log.info({ accountId: run.account.id, day, mails: messages.length, shortOf }, 'day planned')
  return { kind: 'again', at: nextPlanAt, reason: 'the next working day' }
}

async function planAndKeep({ texts }: Warmup, tx: Store, account: Account, now: Date): Promise<DayPlan> {
  const { id: accountId, timeZone } = account
  const today = localDateOf(now, timeZone)
  const day = { start: startOfLocalDay(today, timeZone), end: startOfLocalDay(addDays(today, 1), timeZone) }
  const random = seededRandom(`plan ${accountId} ${today}`)
  const plan = planDay(
    {
      ramp: account,
      timeZone,
      warmupDay: account.warmupDay,
      lastPlannedOn: account.lastPlannedOn,
      sentToday: (await tx.messages.sentSince(accountId, day.start)).sentToday,
      waiting: await tx.messages.waiting(accountId),
      partners: await tx.partners.of(accountId, day),
    },
    now,
    random,
  )
  if (plan.day === null) return plan
  const openings = plan.messages.map(({ recipientId, dueAt }) =>
    opening({ senderId: accountId, senderEmail: account.email, recipientId, dueAt }, texts, random),
  )
  const planned = await tx.messages.plan(openings)
  await tx.tasks.add(
    planned.map(({ id, plannedFor }) => ({ kind: 'send', accountId, messageId: id, dueAt: plannedFor })),
  )
  await tx.accounts.markPlanned(accountId, plan.day, plan.warmupDay)
  await tx.events.add({
    kind: 'planned',
    at: now,
    accountId,
    data: { day: plan.day, warmupDay: plan.warmupDay, mails: planned.length, shortOf: plan.shortOf },
  })
  return plan
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
