import type { Account } from '../db/accounts.ts'
import type { Store } from '../db/store.ts'
import { type Evidence, type Health, judge } from '../domain/health.ts'
import { addDays, type LocalDate, localDateOf } from '../domain/local-time.ts'
import { evidenceDays, evidenceOf, steerAccount } from '../warmup/steer-account.ts'
import { HEALTH_WORDS, stepWords } from './engine-words.ts'
import { percent } from './rate-view.ts'
import { counted } from './words.ts'

export type HealthBadge = { name: Health; words: string; until: LocalDate | null }

/** The grade as it was steered last; null for an account that none is given to. */
export function healthBadge({
  kind,
  status,
  health,
  restsUntil,
}: Pick<Account, 'kind' | 'status' | 'health' | 'restsUntil'>): HealthBadge | null {
  if (kind === 'vault' || status === 'removed') return null
  return { name: health, words: HEALTH_WORDS[health], until: restsUntil }
}

const EVIDENCE_WORDS: Record<keyof Evidence, { words: string; isBad: boolean }> = {
  inbox: { words: 'Found in the inbox', isBad: false },
  tabs: { words: 'Found under Promotions or another tab', isBad: false },
  spam: { words: 'Found in spam', isBad: true },
  missing: { words: 'Missing for a day', isBad: true },
  bounced: { words: 'Came back', isBad: true },
  refused: { words: 'Refused by Gmail', isBad: true },
  bouncedTo: { words: 'Written to it and came back', isBad: true },
}

const GRADE_WORDS: Record<Health, string> = {
  healthy: 'All is well.',
  watch: 'Enough of it ended badly to rise no further.',
  throttled: 'So much of it ended badly that it goes back.',
  paused: 'So much of it ended badly that it rests.',
}

/** The figures that an account's health comes from, as they stand now, and what they lead to; in three queries at most. */
export async function loadHealth(store: Store, account: Account, now: Date) {
  const badge = healthBadge(account)
  if (badge === null) return null
  const today = localDateOf(now, account.timeZone)
  const engine = await store.engine.get()
  const days = await evidenceDays(store, account, today, engine)
  const evidence = evidenceOf(days)
  const verdict = judge(evidence, engine)
  const isPlanned = days.some(({ day, warmupDay }) => day === today && warmupDay !== null)
  const steered = await steerAccount(store, account, isPlanned ? addDays(today, 1) : today, { engine, days })
  const { bad, all, share, interval } = verdict
  return {
    badge,
    period: period(account, engine, today),
    rows: Object.entries(EVIDENCE_WORDS).map(([name, words]) => ({
      ...words,
      mails: evidence[name as keyof Evidence],
    })),
    bad,
    all,
    share: share === null ? '–' : percent(share),
    interval: all === 0 ? null : { low: percent(interval.low), high: percent(interval.high) },
    bands: {
      watch: percent(engine.watchShare),
      throttle: percent(engine.throttleShare),
      pause: percent(engine.pauseShare),
    },
    meaning: all === 0 ? 'nothing is known of its mail yet.' : GRADE_WORDS[verdict.health],
    ramp: account.kind === 'warmup' ? rampWords(account, { isPlanned, next: stepWords(steered) }) : null,
  }
}

function period({ evidenceFrom }: Account, { evidenceDays }: { evidenceDays: number }, today: LocalDate) {
  if (evidenceFrom !== null && evidenceFrom > addDays(today, -evidenceDays))
    return `Since ${evidenceFrom}, when its rest was over`
  return `Today and the ${counted(evidenceDays, 'day')} before`
}

function rampWords(
  { warmupDay }: Account,
  { isPlanned, next }: { isPlanned: boolean; next: string },
): string {
  return isPlanned
    ? `Today it is on day ${warmupDay} of its ramp. As things stand, on its next day it ${next}.`
    : `As things stand, when its next day is planned it ${next}.`
}
