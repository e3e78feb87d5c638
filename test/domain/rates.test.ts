import { expect, test } from 'vitest'
import { wilsonInterval } from '../../src/domain/rates.ts'

// Reference values: R's prop.test(x, n, correct = FALSE).
test.each([
  [0, 0, 0, 1],
  [0, 10, 0, 0.27754],
  [1, 3, 0.06149, 0.79234],
  [3, 10, 0.10779, 0.60322],
  [10, 10, 0.72246, 1],
  [50, 100, 0.40383, 0.59617],
])('of %i of %i the interval is %f to %f', (part, whole, low, high) => {
  const interval = wilsonInterval(part, whole)
  expect(interval.low).toBeCloseTo(low, 4)
  expect(interval.high).toBeCloseTo(high, 4)
})
