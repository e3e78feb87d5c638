/** A share of a whole, with the whole it is a share of; `rate` is null while there is nothing to share. */
export type AchievedRate = { part: number; whole: number; rate: number | null }

export function achievedRate(part: number, whole: number): AchievedRate {
  return { part, whole, rate: whole > 0 ? part / whole : null }
}
