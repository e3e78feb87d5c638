import type { AccountRow } from '../db/dashboard.ts'
import type { AccountStatus } from '../domain/account.ts'
import { FAILURE_ADVICE } from '../domain/token-failure.ts'
import { healthBadge } from './health-view.ts'
import { rateViews } from './rate-view.ts'
import { timeView } from './times.ts'
import { KIND_WORDS, STATUS_WORDS, sentence, TASK_WORDS, WAITING_WORDS } from './words.ts'

/** An account as the table and its own page show it. */
export function accountView({ account, counts, next }: AccountRow, facts: { sentToday: number; now: Date }) {
  const { id, email, status, kind, timeZone } = account
  const isWarmup = kind === 'warmup'
  return {
    id,
    email,
    href: `/accounts/${id}`,
    kind: KIND_WORDS[kind],
    status: { name: status, words: STATUS_WORDS[status] },
    health: healthBadge(account),
    canPause: status === 'active',
    canResume: status === 'paused',
    canRemove: status !== 'removed',
    needsConnecting: status === 'needs_reauth' || status === 'removed',
    isInWarmup: kind !== 'vault',
    sentToday: facts.sentToday,
    dailyLimit: account.dailyLimit,
    warmupDay: isWarmup ? account.warmupDay : null,
    rates: rateViews(account, counts),
    next: next && {
      words: TASK_WORDS[next.kind],
      at: timeView(next.dueAt, { now: facts.now, zone: timeZone }),
      parked: next.kind === 'disconnect' ? null : PARKED_WORDS[status],
      waits: next.waitingFor && (WAITING_WORDS[next.waitingFor] ?? `after an error: ${next.waitingFor}`),
    },
    failure: account.failure && {
      means: sentence(FAILURE_ADVICE[account.failure].means),
      advice: FAILURE_ADVICE[account.failure].advice,
    },
    lastError: account.lastError,
  }
}

const PARKED_WORDS: Record<AccountStatus, string | null> = {
  active: null,
  paused: 'when it is resumed',
  needs_reauth: 'when it is connected again',
  removed: null,
}
