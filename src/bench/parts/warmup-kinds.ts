import { short } from '../figures.ts'
import type { BackendKind, BenchOptions } from '../options.ts'
import { countOf } from '../statements.ts'
import { printTable } from '../table.ts'
import { type Measured, WARMUP_KINDS, type WarmupKind } from '../warmup-runs.ts'

/** What a task of each kind costs by itself. */
export function printKinds(
  backend: BackendKind,
  byKind: Record<WarmupKind, Measured>,
  { listsStatements }: BenchOptions,
): void {
  console.log(`\na task of each kind, the queue on ${backend}`)
  printTable([
    ['', 'Google', 'SQL', 'CPU', 'in all', 'a second'],
    ...WARMUP_KINDS.map((kind) => {
      const m = byKind[kind]
      return [
        `  ${kind}`,
        short(m.calls / m.tasks),
        m.statements === null ? '—' : short(countOf(m.statements) / m.tasks),
        `${short(m.cpuMs / m.tasks)} ms`,
        m.allCpuMs === null ? '—' : `${short(m.allCpuMs / m.tasks)} ms`,
        short((m.tasks / m.wallMs) * 1000),
      ]
    }),
  ])
  if (listsStatements) for (const kind of WARMUP_KINDS) printStatements(kind, byKind[kind])
}

function printStatements(kind: WarmupKind, { statements, tasks }: Measured): void {
  console.log(`\nSQL of a ${kind} task`)
  printTable([
    ['  statement', 'times', 'each'],
    ...(statements ?? []).map(({ calls, ms, text }) => [
      `  ${text.replace(/\s+/g, ' ').slice(0, 140)}`,
      short(calls / tasks),
      `${(ms / Math.max(1, calls)).toFixed(3)} ms`,
    ]),
  ])
}
