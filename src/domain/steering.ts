import { HEALTHS, type Health, type Verdict } from './health.ts'
import { addDays, type LocalDate } from './local-time.ts'
import { fullDay, type RampSettings } from './ramp.ts'

export type SteeringFacts = {
  today: LocalDate
  ramp: RampSettings
  restDays: number
  /** As it was steered last. */
  health: Health
  /** Its step on the ramp on the day that was planned last; 0 before the first one. */
  warmupDay: number
  /** How many mails left on that day; null before the first one. */
  sentThen: number | null
  restsUntil: LocalDate | null
  verdict: Verdict
  /** How much of the evidence is of that day or later, and the grade that it would have by itself. */
  newEvidence: number
  newHealth: Health
}

export const STEPS = ['begin', 'rise', 'hold', 'lower', 'rest', 'resume'] as const
export type Step = (typeof STEPS)[number]
/** Why it holds though nothing is wrong with it, or what is. */
export type HoldReason = 'sent_nothing' | 'no_evidence' | 'watch' | 'throttled' | 'improving' | 'recovering'

export type Steering = {
  step: Step
  because: HoldReason | null
  health: Health
  warmupDay: number
  restsUntil: LocalDate | null
  /** Evidence of earlier days counts no more from here on. */
  forgetsEvidence: boolean
}

/**
 * Where an account stands on its ramp today. It rises by a day only where mail left on its last day, something was learnt
 * of it, and all is well: no evidence, no increase. In `watch` it holds; `throttled` takes it a third of its way back, and
 * again only where what was learnt since is bad too; `paused` lets it rest, and begin anew on the first step. It gets better by one grade a day at most.
 */
export function steer(facts: SteeringFacts): Steering {
  const { today, ramp, warmupDay, verdict, restsUntil } = facts
  const still = { because: null, warmupDay, restsUntil: null, forgetsEvidence: false }
  if (restsUntil !== null && today < restsUntil)
    return { ...still, step: 'rest', health: 'paused', restsUntil }
  if (restsUntil !== null)
    return { ...still, step: 'resume', health: 'throttled', warmupDay: 1, forgetsEvidence: true }
  if (verdict.health === 'paused')
    return { ...still, step: 'rest', health: 'paused', restsUntil: addDays(today, facts.restDays) }
  if (warmupDay === 0) return { ...still, step: 'begin', health: verdict.health, warmupDay: 1 }

  const health = worse(verdict.health, oneBetter(facts.health))
  const hold = (because: HoldReason): Steering => ({ ...still, step: 'hold', because, health })
  if (facts.sentThen === 0) return hold('sent_nothing')
  if (facts.newEvidence === 0) return hold('no_evidence')
  if (verdict.health === 'throttled') {
    if (facts.newHealth === 'healthy') return hold('improving')
    const lowered = lowerDay(ramp, warmupDay)
    return lowered < warmupDay ? { ...still, step: 'lower', health, warmupDay: lowered } : hold('throttled')
  }
  if (verdict.health === 'watch') return hold('watch')
  if (health !== 'healthy') return hold('recovering')
  return { ...still, step: 'rise', health, warmupDay: warmupDay + 1 }
}

/** A third of the way back, counted from where the full volume was reached. */
function lowerDay(ramp: RampSettings, warmupDay: number): number {
  const from = Math.min(warmupDay, fullDay(ramp) ?? warmupDay)
  return Math.max(1, from - Math.max(1, Math.ceil(from / 3)))
}

function oneBetter(health: Health): Health {
  return HEALTHS[Math.max(0, HEALTHS.indexOf(health) - 1)] as Health
}

function worse(a: Health, b: Health): Health {
  return HEALTHS.indexOf(a) > HEALTHS.indexOf(b) ? a : b
}
