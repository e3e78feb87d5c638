/** The two ends of an interval of shares, 0–1. */
export type Interval = { low: number; high: number }

/** The 97.5 % point of the normal distribution: an interval of 95 %. */
const Z = 1.959964

/**
 * The Wilson score interval of a share, 95 %: honest for small numbers too, where the bare share is not. Of nothing it
 * is everything, 0–1. E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference" (1927).
 */
export function wilsonInterval(part: number, whole: number): Interval {
  if (whole === 0) return { low: 0, high: 1 }
  const share = part / whole
  const spread = Z * Math.sqrt((share * (1 - share)) / whole + (Z * Z) / (4 * whole * whole))
  const center = share + (Z * Z) / (2 * whole)
  const scale = 1 + (Z * Z) / whole
  // At the ends the formula gives them exactly, but for the last bit of a float.
  return {
    low: part === 0 ? 0 : (center - spread) / scale,
    high: part === whole ? 1 : (center + spread) / scale,
  }
}
