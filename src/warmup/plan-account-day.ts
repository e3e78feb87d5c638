import { randomUUID } from 'node:crypto'
import type { Account } from '../db/accounts.ts'
import type { Engine } from '../db/engine.ts'
import type { PlannedMessage } from '../db/messages.ts'
import type { Store } from '../db/store.ts'
import { renderSubject } from '../domain/conversation.ts'
import { type LocalDate, localDateOf, localDay } from '../domain/local-time.ts'
import { countingFrom } from '../domain/pacing.ts'
import { memoryDays } from '../domain/pairing.ts'
import { type DayPlan, nextPlanTime, planDay } from '../domain/plan-day.ts'
import { type Random, randomInteger, seededRandom } from '../domain/random.ts'
import type { Outcome } from '../domain/task.ts'
import { chooseText, countTexts } from '../domain/text-choice.ts'
import type { Run, Warmup } from './dependencies.ts'
import { knowSenderDomain } from './sender-domain.ts'
import { evidenceDays, keepSteering, steerAccount } from './steer-account.ts'

const NEXT_DAY = 'the next working day'
/** A plan looks at no more of a large pool than what the cool-down can take out of it, and some more. */
const SPARE_PARTNERS = 100

type Today = { now: Date; today: LocalDate; seed: string }

/**
 * Judges an account's health and, where it is a warmup account, plans its day: its messages and their `send` tasks, in one
 * transaction with what is next; then waits for the next day.
 */
export async function planAccountDay(warmup: Warmup, run: Run): Promise<Outcome> {
  if (run.account.kind === 'vault') return { kind: 'done' }
  const { store, clock, log, seed } = warmup
  await knowSenderDomain(warmup, run.account)
  const now = clock.now()
  const planned = await store.transaction(async (tx) => {
    if (run.account.kind === 'warmup') await tx.partners.lock()
    // The account as it is now: another run may have planned this day, or the operator have changed it, meanwhile.
    const account = await tx.accounts.lock(run.account.id)
    if (
      account?.status !== 'active' ||
      account.kind !== run.account.kind ||
      !(await tx.tasks.isHeld(run.task.id, run.owner))
    )
      return null
    const today = localDateOf(now, account.timeZone)
    const day = { now, today, seed: `${seed} ${account.id} ${today}` }
    const at = await judgeAndPlan(warmup, tx, { account, engine: run.engine }, day)
    // In here, so that a change of settings, which waits for the account, can bring it forward again.
    await tx.tasks.putOff(run.task.id, run.owner, { at, reason: NEXT_DAY })
    return { at }
  })
  if (planned === null) return { kind: 'again', at: now, reason: 'the account has changed' }
  log.debug({ accountId: run.account.id, next: planned.at }, 'day planned')
  return { kind: 'again', at: planned.at, reason: NEXT_DAY }
}

/** Returns when to do so again. */
async function judgeAndPlan(
  warmup: Warmup,
  tx: Store,
  { account, engine }: { account: Account; engine: Engine },
  day: Today,
): Promise<Date> {
  const days = await evidenceDays(tx, account, day.today, engine)
  const isSteered = days.some(({ day: known, warmupDay }) => known === day.today && warmupDay !== null)
  // A pool account has no ramp to be steered on: it is judged, and rests.
  const judged = account.kind === 'pool' ? { ...account, warmupDay: 0 } : account
  const steered = isSteered ? null : await steerAccount(tx, judged, day.today, { engine, days })
  if (account.kind === 'pool') {
    if (steered) await keepSteering(tx, account, { ...steered, warmupDay: account.warmupDay }, day)
    return nextPlanTime(day.now, account, seededRandom(day.seed))
  }
  const warmupDay = steered ? (steered.step === 'rest' ? null : steered.warmupDay) : account.warmupDay
  const plan = await planConversations(tx, account, engine, warmupDay, day)
  // A day on which nothing could be planned is not spent: no step is taken for it.
  if (steered && (plan.day !== null || steered.step === 'rest')) await keepSteering(tx, account, steered, day)
  if (plan.day === null && plan.shortOf > 0)
    await tx.accountDays.setShortOf(account.id, day.today, plan.shortOf)
  if (plan.day !== null && warmupDay !== null) {
    const health = steered?.health ?? account.health
    await keepPlan(warmup, tx, account, { plan, warmupDay, health }, day)
  }
  return plan.nextPlanAt
}

async function planConversations(
  tx: Store,
  account: Account,
  engine: Engine,
  warmupDay: number | null,
  { now, today, seed }: Today,
): Promise<DayPlan> {
  const { id, dailyLimit, timeZone, lastPlannedOn } = account
  const { coolDownDays } = engine
  const window = localDay(today, timeZone)
  return planDay(
    {
      settings: account,
      warmupDay,
      lastPlannedOn,
      ...(await tx.messages.sentSince(id, countingFrom(now, account))),
      waiting: await tx.messages.waiting(id),
      partners: await tx.partners.find({
        senderId: id,
        day: today,
        window,
        memoryDays: memoryDays(coolDownDays),
        from: randomInteger(seededRandom(`${seed} ring`), -(2 ** 31), 2 ** 31 - 1),
        atMost: dailyLimit * (coolDownDays + 1) + SPARE_PARTNERS,
      }),
      coolDownDays,
      seed,
    },
    now,
  )
}

async function keepPlan(
  { texts }: Warmup,
  tx: Store,
  account: Account,
  { plan, warmupDay, health }: { plan: DayPlan; warmupDay: number; health: Account['health'] },
  { now, today, seed }: Today,
): Promise<void> {
  const accountId = account.id
  const { volume, shortOf, noTimeFor } = plan
  const uses = await tx.textUses.of(accountId)
  const random = seededRandom(`${seed} texts ${plan.messages[0]?.dueAt.getTime()}`)
  const openings = plan.messages.map(({ recipientId, dueAt, reason }) => {
    const text = chooseText(texts, uses, random)
    return { ...opening(account, { recipientId, dueAt }, text, random), planFacts: reason }
  })
  const planned = await tx.messages.plan(openings)
  await tx.tasks.add(
    planned.map(({ id, plannedFor }) => ({ kind: 'send', accountId, messageId: id, dueAt: plannedFor })),
  )
  await tx.textUses.add(accountId, countTexts(openings))
  await tx.accounts.markPlanned(accountId, today)
  const day = { warmupDay, volume, planned: planned.length, shortOf, health }
  await tx.accountDays.plan(accountId, today, day)
  await tx.events.add({
    kind: 'planned',
    at: now,
    accountId,
    data: { day: today, warmupDay, volume, mails: planned.length, shortOf, noTimeFor },
  })
}

/** The first message of a conversation. Its Message-ID is chosen now, so that a crashed send can be looked for. */
function opening(
  sender: Account,
  { recipientId, dueAt }: { recipientId: number; dueAt: Date },
  text: Parameters<typeof renderSubject>[0],
  random: Random,
): PlannedMessage {
  const textSeed = randomInteger(random, 0, 2 ** 31 - 1)
  return {
    conversationId: randomUUID(),
    textKey: text.key,
    textSeed,
    turn: 1,
    subject: renderSubject(text, textSeed),
    senderId: sender.id,
    recipientId,
    plannedFor: dueAt,
    rfcMessageId: newRfcMessageId(sender.email),
  }
}

/** Unique by a UUID, at the sender's own domain, as RFC 5322 3.6.4 recommends. */
export function newRfcMessageId(senderEmail: string): string {
  return `<${randomUUID()}@${senderEmail.slice(senderEmail.indexOf('@') + 1)}>`
}
