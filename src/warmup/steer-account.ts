import type { AccountDay } from '../db/account-days.ts'
import type { Account } from '../db/accounts.ts'
import type { Engine } from '../db/engine.ts'
import type { Store } from '../db/store.ts'
import { type Evidence, judge, NO_EVIDENCE, type Verdict } from '../domain/health.ts'
import { addDays, type LocalDate } from '../domain/local-time.ts'
import { type Steering, steer } from '../domain/steering.ts'

/** The steering of an account's day, and the figures that it came from. */
export type Steered = Steering & { verdict: Verdict }

/** What the account's mail met in the days that count, judged; and where that takes it on its ramp. Changes nothing. */
export async function steerAccount(
  tx: Store,
  account: Account,
  today: LocalDate,
  { engine, days }: { engine: Engine; days: readonly AccountDay[] },
): Promise<Steered> {
  const previous =
    days.findLast(({ day, warmupDay }) => day < today && warmupDay !== null) ??
    (account.warmupDay > 0 ? await tx.accountDays.lastPlannedBefore(account.id, today) : null)
  const verdict = judge(evidenceOf(days), engine)
  const fresh = evidenceOf(days.filter(({ day }) => previous === null || day >= previous.day))
  const steering = steer({
    today,
    ramp: account,
    restDays: engine.restDays,
    health: account.health,
    warmupDay: account.warmupDay,
    sentThen: previous?.sent ?? null,
    restsUntil: account.restsUntil,
    verdict,
    newEvidence: judge(fresh, engine).all,
  })
  return { ...steering, verdict }
}

/** Keeps a steering, with the event that tells of it and its figures. A plain rise is told with the plan. */
export async function keepSteering(
  tx: Store,
  account: Account,
  steered: Steered,
  { today, now }: { today: LocalDate; now: Date },
): Promise<void> {
  const { step, because, health, warmupDay, restsUntil, forgetsEvidence, verdict } = steered
  const evidenceFrom = forgetsEvidence ? today : account.evidenceFrom
  const isAsBefore =
    health === account.health && warmupDay === account.warmupDay && restsUntil === account.restsUntil
  if (!isAsBefore) await tx.accounts.steer(account.id, { health, warmupDay, restsUntil, evidenceFrom })
  const isTold = health !== account.health || !['begin', 'rise'].includes(step)
  const isResting = step === 'rest' && account.restsUntil !== null
  if (!isTold || isResting) return
  const { bad, all, interval } = verdict
  await tx.events.add({
    kind: 'steered',
    at: now,
    accountId: account.id,
    data: {
      step,
      because,
      from: account.health,
      to: health,
      warmupDay,
      restsUntil,
      bad,
      all,
      low: interval.low,
      high: interval.high,
    },
  })
}

/** The days whose evidence counts. */
export function evidenceDays(
  { accountDays }: Pick<Store, 'accountDays'>,
  account: Pick<Account, 'id' | 'evidenceFrom'>,
  today: LocalDate,
  { evidenceDays }: Pick<Engine, 'evidenceDays'>,
): Promise<AccountDay[]> {
  const first = addDays(today, -evidenceDays)
  const { evidenceFrom } = account
  return accountDays.since(account.id, evidenceFrom !== null && evidenceFrom > first ? evidenceFrom : first)
}

export function evidenceOf(days: readonly Evidence[]): Evidence {
  const names = Object.keys(NO_EVIDENCE) as (keyof Evidence)[]
  const sum = (name: keyof Evidence) => days.reduce((total, day) => total + day[name], 0)
  return Object.fromEntries(names.map((name) => [name, sum(name)])) as Evidence
}
