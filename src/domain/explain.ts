import {
  chanceOfYes,
  type Decision,
  type Decisions,
  decide,
  RATE_NAMES,
  type RateName,
} from './engagement.ts'
import { chanceOf, type Placement } from './message.ts'
import { writingMinutes } from './pacing.ts'
import type { PlanReason } from './plan-day.ts'
import type { Random } from './random.ts'

/** What is kept of why a mail is as it is. */
export type Reasons = {
  turn: number
  textSeed: number
  plannedFor: Date
  planFacts: PlanReason | null
  placement: Placement | null
  decisions: Decisions | null
  /** When its recipient was done with it. */
  handledAt: Date | null
}
export type Explanation = { plan: string[]; decisions: string[] }
type When = (instant: Date) => string

/**
 * Why a mail was planned so, and why its recipient did with it what it did: sentences, from what was known at the time.
 * @param answered the mail before it in its conversation
 * @param when an instant in the words of the page
 */
export function explain(mail: Reasons, answered: Reasons | null, when: When): Explanation {
  if (mail.turn > 1) return { plan: [explainAnswer(mail, answered, when)], decisions: explainDecisions(mail) }
  const plan = mail.planFacts ? explainPlan(mail.planFacts, mail.plannedFor, when) : [NOTHING_OF_THE_PLAN]
  return { plan, decisions: explainDecisions(mail) }
}

const NOTHING_OF_THE_PLAN = 'Nothing was recorded of why it was planned so.'

/** The decisions made once more, from what is kept of them and the chance that they were drawn with. */
export function replay(decisions: Decisions, random: Random): Decisions {
  const again: Decisions = {}
  for (const name of RATE_NAMES) {
    const kept = decisions[name]
    if (kept)
      again[name] = kept.isOver
        ? kept
        : decide(kept.rate, { asked: kept.asked, granted: kept.granted }, random)
  }
  return again
}

function explainPlan(reason: PlanReason, plannedFor: Date, when: When): string[] {
  const { warmupDay, volume, share, place, of, seed } = reason
  const part = share < 1 ? `, ${percent(share)} of the day was left` : ''
  return [
    `How many: day ${warmupDay} of the ramp allowed ${volume} ${volume === 1 ? 'conversation' : 'conversations'}${part}; this is number ${place} of the ${of} that were planned.`,
    `To whom: ${explainPartner(reason, when)}.`,
    `When: ${explainMinute(reason)}: ${when(plannedFor)}.`,
    `Chance was drawn from “${seed}”.`,
  ]
}

function explainPartner({ met, lastMetAt, isCoolingDown, candidates, free }: PlanReason, when: When): string {
  const known =
    met === 0
      ? 'this pair had not met lately'
      : `this pair had met ${met === 1 ? 'once' : `${met} times`} lately${lastMetAt ? `, last on ${when(new Date(lastMetAt))}` : ''}`
  if (isCoolingDown) return `${known}, and none of the ${candidates} with room was free of the cool-down`
  return `${known}; of ${candidates} with room ${free} ${free === 1 ? 'was' : 'were'} free of the cool-down, and whoever was met least comes first`
}

function explainMinute({ place, of }: PlanReason): string {
  const rhythm = 'the day’s hours, with more mail around ten and around half past two'
  if (of === 1) return `a minute that chance chose in what was left of ${rhythm}`
  return `what was left of ${rhythm}, was cut into ${of} parts of equal weight; in part ${place} chance chose the minute, the pause after the mail before it kept`
}

function explainAnswer({ plannedFor }: Reasons, answered: Reasons | null, when: When): string {
  if (!answered?.handledAt)
    return 'It answers the mail before it; of when that was read nothing was recorded.'
  const minutes = writingMinutes(chanceOf(answered, 'writing'))
  const late = plannedFor.getTime() - answered.handledAt.getTime() - minutes * 60_000
  const moved =
    Math.abs(late) < 1000 ? '' : ', which was outside of its writer’s hours: it was moved into the next ones'
  return `It answers turn ${answered.turn}, which was dealt with on ${when(answered.handledAt)}. An answer takes 5 minutes to 4 hours, most often little, and chance made it ${Math.round(minutes)} minutes${moved}. That made it ${when(plannedFor)}.`
}

const ASKED: Record<RateName, string> = {
  rescue: 'Out of spam',
  primary: 'To Primary',
  open: 'Open',
  important: 'Mark as important',
  star: 'Star',
  reply: 'Answer',
}

function explainDecisions(mail: Reasons): string[] {
  const { placement, decisions, textSeed, turn } = mail
  if (placement === null) return []
  if (placement === 'missing' || placement === 'bounced') return ['Nothing: it was never found.']
  if (placement === 'trash') return ['Nothing: somebody had thrown it away.']
  if (decisions === null) return ['Nothing was recorded of it.']
  const again = replay(decisions, chanceOf(mail, 'decisions'))
  const isSame = RATE_NAMES.every((name) => decisions[name]?.answer === again[name]?.answer)
  return [
    ...RATE_NAMES.flatMap((name) => {
      const decision = decisions[name]
      return decision ? [`${ASKED[name]}: ${explainDecision(decision)}`] : []
    }),
    `Drawn once more from the seed ${textSeed} and turn ${turn}, ${isSame ? 'all of it comes out the same' : 'it comes out otherwise: something was changed since'}.`,
  ]
}

function explainDecision(decision: Decision): string {
  const { rate, asked, granted, answer, isOver } = decision
  if (isOver) return 'no, as the conversation ends here; the rate counts it as asked.'
  const before = asked === 0 ? 'the first one asked' : `asked ${asked} before it, granted ${granted}`
  return `${answer ? 'yes' : 'no'} at a rate of ${percent(rate)}, ${before}; ${because(decision)}.`
}

function because({ rate, asked, granted, drawn, answer }: Decision): string {
  if (drawn !== null)
    return `chance drew ${drawn.toFixed(3)}, and below ${chanceOfYes(rate, { asked, granted }).toFixed(3)} is a yes`
  if (rate === 0 || rate === 1) return 'the rate leaves no choice'
  const otherwise = answer ? granted : granted + 1
  const owed = Number((rate * (asked + 1)).toFixed(2))
  return `certain, as ${answer ? 'a no' : 'a yes'} would have made it ${otherwise} of ${asked + 1}, a whole mail or more off the ${owed} that the rate makes`
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
