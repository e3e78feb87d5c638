import type { Decision, Decisions, RateName } from './engagement.ts'
import type { PlanReason } from './plan-day.ts'

/** What is kept of why a mail is as it is. */
export type Reasons = {
  turn: number
  planFacts: PlanReason | null
  decisions: Decisions | null
}

/** Why a mail was planned so, and why its recipient did with it what it did: sentences, from what was known at the time. */
export function explain({ turn, planFacts, decisions }: Reasons): { plan: string[]; decisions: string[] } {
  return {
    plan: planFacts ? explainPlan(planFacts) : turn > 1 ? [ANSWER] : [],
    decisions: ASKED.flatMap(([name, words]) => {
      const decision = decisions?.[name]
      return decision ? [`${words}: ${explainDecision(decision)}`] : []
    }),
  }
}

const ANSWER =
  'It answers the mail before it, as was decided when that was found; it leaves minutes to hours after it was read, in its writer’s hours.'

const ASKED: readonly (readonly [RateName, string])[] = [
  ['rescue', 'Out of spam'],
  ['primary', 'To Primary'],
  ['open', 'Open'],
  ['important', 'Mark as important'],
  ['star', 'Star'],
  ['reply', 'Answer'],
]

function explainPlan(reason: PlanReason): string[] {
  const { warmupDay, volume, share, place, of, seed } = reason
  const part = share < 1 ? `, ${percent(share)} of the day was left` : ''
  return [
    `How many: day ${warmupDay} of the ramp allowed ${volume} ${volume === 1 ? 'conversation' : 'conversations'}${part}; this is number ${place} of the ${of} that were planned.`,
    `To whom: ${explainPartner(reason)}.`,
    'When: its part of the day’s hours, which has more mail around ten and around half past two; the minute in it is chance.',
    `Chance was drawn from “${seed}”.`,
  ]
}

function explainPartner({ met, lastMetAt, isCoolingDown, candidates, free }: PlanReason): string {
  const known =
    met === 0
      ? 'this pair had not met lately'
      : `this pair had met ${met === 1 ? 'once' : `${met} times`} lately${lastMetAt ? `, last on ${lastMetAt.slice(0, 10)}` : ''}`
  if (isCoolingDown) return `${known}, and none of the ${candidates} with room was free of the cool-down`
  return `${known}; of ${candidates} with room ${free} were free of the cool-down, and whoever was met least comes first`
}

function explainDecision({ rate, asked, granted, drawn, answer, isOver }: Decision): string {
  if (isOver) return 'no, as the conversation ends here; the rate counts it as asked.'
  const before = asked === 0 ? 'the first one asked' : `${granted} of ${asked} before it`
  const because =
    drawn !== null
      ? `chance drew ${drawn.toFixed(2)}`
      : rate === 0 || rate === 1
        ? 'the rate leaves no choice'
        : 'any other answer would have left the rate by more than one'
  return `${answer ? 'yes' : 'no'} at a rate of ${percent(rate)}, ${before}; ${because}.`
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
