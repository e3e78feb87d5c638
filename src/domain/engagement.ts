import type { Random } from './random.ts'

/** How often a rate was put to the question so far, and how often the answer was yes. */
export type RateRun = { asked: number; granted: number }

/**
 * Decides one open or one reply so that, after every single decision, the number of yeses stays within one of
 * rate × questions, while chance decides which ones they are.
 *
 * With q = rate × (asked + 1), the new count must be ⌊q⌋ or ⌈q⌉. Where both can be reached, yes is drawn with the
 * conditional probability that makes P(count = ⌈q⌉) equal to the fractional part of q, so every mail has the same
 * chance, `rate`, beforehand (systematic sampling with a Markov chain over the two counts).
 *
 * @param rate 0–1, exact to a hundredth of a percent
 */
export function grants(rate: number, run: RateRun, random: Random): boolean {
  const basisPoints = Math.round(rate * 10_000)
  const before = basisPoints * run.asked
  const after = basisPoints * (run.asked + 1)
  const floor = Math.floor(after / 10_000)
  const ceiling = Math.ceil(after / 10_000)
  if (run.granted < floor) return true
  if (run.granted >= ceiling) return false
  // From here run.granted === floor < ceiling: either answer keeps the promise.
  const fraction = (after % 10_000) / 10_000
  const fractionBefore = (before % 10_000) / 10_000
  const crossed = Math.floor(before / 10_000) < floor
  const chance = crossed ? fraction / fractionBefore : (fraction - fractionBefore) / (1 - fractionBefore)
  return random() < chance
}
