import { expect, test } from 'vitest'
import { processorTime } from '../../src/bench/processor-time.ts'

const isLinux = process.platform === 'linux'

test.runIf(isLinux)('what a process has computed is what it counts itself', () => {
  const before = processorTime([process.pid]) as number
  const own = process.cpuUsage()
  let used = 0
  while (used < 200) {
    const { user, system } = process.cpuUsage(own)
    used = (user + system) / 1000
  }
  const grown = (processorTime([process.pid]) as number) - before
  // It is counted in ticks of 10 ms, of two kinds.
  expect(Math.abs(grown - used)).toBeLessThan(50)
})

test.runIf(isLinux)('a process that is not known, or is gone, makes the whole unknown', () => {
  expect(processorTime([process.pid, null])).toBeNull()
  expect(processorTime([2 ** 30])).toBeNull()
})
