import type { Placement } from './message.ts'
import type { Random } from './random.ts'

export const RATE_NAMES = ['rescue', 'primary', 'open', 'important', 'star', 'reply'] as const
/** What a recipient may do with a mail, each at a rate of its own. */
export type RateName = (typeof RATE_NAMES)[number]
export type Rates = Record<RateName, number>

/** How often a rate was put to the question so far, and how often the answer was yes. */
export type RateRun = { asked: number; granted: number }
export type RateRuns = Partial<Record<RateName, RateRun>>

/** One decision with all that it came from: the run before it, and the number that chance drew (null: it had no say). */
export type Decision = {
  rate: number
  asked: number
  granted: number
  drawn: number | null
  answer: boolean
  /** There was nothing to decide: its conversation ends here. */
  isOver?: true
}
/** What was decided of one mail; a question that was not asked is absent. */
export type Decisions = Partial<Record<RateName, Decision>>

const NO_RUN: RateRun = { asked: 0, granted: 0 }

/**
 * Decides one question so that, after every single decision, the number of yeses stays within one of
 * rate × questions, while chance decides which ones they are.
 *
 * With q = rate × (asked + 1), the new count must be ⌊q⌋ or ⌈q⌉. Where both can be reached, yes is drawn with the
 * conditional probability that makes P(count = ⌈q⌉) equal to the fractional part of q, so every mail has the same
 * chance, `rate`, beforehand (systematic sampling with a Markov chain over the two counts).
 *
 * @param rate 0–1, exact to a hundredth of a percent
 */
export function decide(rate: number, run: RateRun, random: Random): Decision {
  const chance = chanceOfYes(rate, run)
  if (chance === 0 || chance === 1) return { rate, ...run, drawn: null, answer: chance === 1 }
  const drawn = random()
  return { rate, ...run, drawn, answer: drawn < chance }
}

/** How likely the next answer is a yes, by `decide`: below this number chance must draw. 0 and 1 are certain. */
export function chanceOfYes(rate: number, { asked, granted }: RateRun): number {
  const basisPoints = Math.round(rate * 10_000)
  const before = basisPoints * asked
  const after = basisPoints * (asked + 1)
  const floor = Math.floor(after / 10_000)
  const ceiling = Math.ceil(after / 10_000)
  if (granted < floor) return 1
  if (granted >= ceiling) return 0
  // From here granted === floor < ceiling: either answer keeps the promise.
  const fraction = (after % 10_000) / 10_000
  const fractionBefore = (before % 10_000) / 10_000
  const crossed = Math.floor(before / 10_000) < floor
  return crossed ? fraction / fractionBefore : (fraction - fractionBefore) / (1 - fractionBefore)
}

/** What may be done with a mail, besides its placement: whether its conversation can go on. */
export type Opportunity = { placement: Placement; mayReply: boolean }

/**
 * All that a recipient will do with one mail. Where it lies decides what can be asked: rescue in spam, to Primary
 * under Promotions. What it does not open it neither marks, stars nor answers; what somebody has thrown away is left alone.
 */
export function decideAll(
  rates: Rates,
  runs: RateRuns,
  { placement, mayReply }: Opportunity,
  random: Random,
): Decisions {
  const decisions: Decisions = {}
  const ask = (name: RateName) => {
    const decision = decide(rates[name], runs[name] ?? NO_RUN, random)
    decisions[name] = decision
    return decision.answer
  }
  if (placement === 'trash' || placement === 'missing' || placement === 'bounced') return decisions
  if (placement === 'spam') ask('rescue')
  if (placement === 'promotions') ask('primary')
  if (!ask('open')) return decisions
  ask('important')
  ask('star')
  // A mail that can't be answered is a question all the same: what it costs the rate is made up for with the next ones.
  if (mayReply) ask('reply')
  else
    decisions.reply = {
      rate: rates.reply,
      ...(runs.reply ?? NO_RUN),
      drawn: null,
      answer: false,
      isOver: true,
    }
  return decisions
}

/** The runs after these decisions. */
export function runsAfter(runs: RateRuns, decisions: Decisions): RateRuns {
  const after = { ...runs }
  for (const name of RATE_NAMES) {
    const decision = decisions[name]
    if (decision)
      after[name] = { asked: decision.asked + 1, granted: decision.granted + (decision.answer ? 1 : 0) }
  }
  return after
}
