import type { Account } from '../db/accounts.ts'
import { type Forecast, FURTHEST_DAYS, forecast } from '../domain/forecast.ts'
import { type LocalDate, localDateOf } from '../domain/local-time.ts'
import { fullDay, lastDayOfRamp, volumeOnDay } from '../domain/ramp.ts'

/** An account's forecast in one row of a table. */
export function outlookRow(account: Account, now: Date) {
  const today = localDateOf(now, account.timeZone)
  const ahead = forecast(account, account, now)
  const [first] = ahead.days
  const unseen = fullDay(account) === null ? 'never' : `not within ${FURTHEST_DAYS} days`
  return {
    href: `/accounts/${account.id}`,
    email: account.email,
    warmupDay: first?.warmupDay ?? account.warmupDay,
    today: first && first.warmupDay !== null ? String(first.volume) : idleWords(account, today),
    full: ahead.wasFull ? 'reached' : (ahead.fullOn ?? unseen),
    done: ahead.wasDone ? 'done' : (ahead.doneOn ?? unseen),
  }
}

/** The same in sentences, for an account's own page. */
export function outlookWords(account: Account, ahead: Forecast, today: LocalDate): string {
  const isResting = account.restsUntil !== null && today < account.restsUntil
  return [
    account.status === 'active' ? null : 'As if it went on today.',
    isResting ? `It rests until ${account.restsUntil}, and then begins anew.` : null,
    endWords(account, ahead),
  ]
    .filter((words) => words !== null)
    .join(' ')
}

function endWords(account: Account, { fullOn, doneOn, wasFull, wasDone }: Forecast): string {
  const full = `${account.dailyLimit} mails a day`
  const last = lastDayOfRamp(account)
  if (last === null)
    return `With these settings its volume stays at ${volumeOnDay(account, 1)} mails a day and never reaches the daily limit.`
  const kept = volumeOnDay(account, last + 1)
  if (wasDone) return `Its ramp is done: it is kept at ${kept} mails a day.`
  const end = doneOn === null ? '' : `; from ${doneOn} on it is kept at ${kept}`
  if (wasFull) return `It has reached its full volume of ${full}${end}.`
  if (fullOn === null) return `It does not reach ${full} within ${FURTHEST_DAYS} days.`
  return `If all goes well it reaches ${full} on ${fullOn}${end}.`
}

function idleWords({ restsUntil }: Account, today: LocalDate): string {
  return restsUntil !== null && today < restsUntil ? `rests until ${restsUntil}` : 'none'
}
