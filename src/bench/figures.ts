import { printTable } from './table.ts'

/** One thing that was measured, and what it was to be. */
export type Figure = { name: string; value: string; goal?: { text: string; isMet: boolean } }

export const atLeast = (least: number, value: number, unit: string): Figure['goal'] => ({
  text: `at least ${tidy(least)}${unit}`,
  isMet: value >= least,
})
export const atMost = (most: number, value: number, unit: string): Figure['goal'] => ({
  text: `at most ${tidy(most)}${unit}`,
  isMet: value <= most,
})

/** Prints figures beside their goals. @returns the goals that were missed, in words */
export function printFigures(title: string, figures: readonly Figure[]): string[] {
  console.log(`\n${title}`)
  printTable([
    ['', 'measured', 'goal', ''],
    ...figures.map(({ name, value, goal }) => [
      `  ${name}`,
      value,
      goal?.text ?? '',
      goal ? (goal.isMet ? 'met' : 'MISSED') : '',
    ]),
  ])
  return figures.flatMap(({ name, value, goal }) =>
    goal && !goal.isMet ? [`${title}: ${name} is ${value}, the goal is ${goal.text}`] : [],
  )
}

/** Three digits that say something. */
export function short(n: number): string {
  return n >= 100 ? n.toFixed(0) : n >= 10 ? n.toFixed(1) : n.toFixed(2)
}

function tidy(n: number): string {
  return Number.isInteger(n) ? String(n) : short(n)
}

/** By the nearest rank. */
export function quantile(numbers: readonly number[], q: number): number {
  return numbers.toSorted((a, b) => a - b)[Math.ceil(numbers.length * q) - 1] ?? Number.NaN
}
