import type { Handout, TaskKind } from '../domain/task.ts'
import type { KindFigures, RunFigures, RunOrder } from './worker-process.ts'

/** Nothing has ended for so long: the run hangs. */
const SILENT_MS = 60_000
const STEADY = { from: 0.1, to: 0.9 }

/** Follows one run to its last warmup. */
export function followRun({
  warmups,
  lastKind,
  outcome: wanted,
}: Pick<RunOrder, 'warmups' | 'lastKind' | 'outcome'>) {
  const startedAt = performance.now()
  const cpu = process.cpuUsage()
  const kinds: Partial<Record<TaskKind, KindFigures>> = {}
  const doneAt: RunFigures['doneAt'] = []
  const { promise, resolve, reject } = Promise.withResolvers<RunFigures>()
  const edge = (share: number) => Math.max(1, Math.floor(warmups * share))
  let steadyFrom = { at: startedAt, tasks: 0, warmups: 0 }
  let steady: RunFigures['steady'] | null = null
  let last = startedAt
  const silence = setInterval(() => {
    if (performance.now() - last > SILENT_MS)
      reject(new Error(`nothing has ended for a minute; so far ${JSON.stringify(kinds)}`))
  }, 1000)

  return {
    ended({ kind, taskId }: Handout, outcome: unknown, ms: number) {
      last = performance.now()
      const figures = kinds[kind] ?? { done: 0, others: {}, ms: 0 }
      kinds[kind] = figures
      figures.ms += ms
      if (outcome !== wanted) {
        figures.others[String(outcome)] = (figures.others[String(outcome)] ?? 0) + 1
        return
      }
      figures.done += 1
      doneAt.push([taskId, Date.now()])
      if (kind !== lastKind) return
      const now = { at: last, tasks: doneAt.length, warmups: figures.done }
      if (figures.done === edge(STEADY.from)) steadyFrom = now
      if (figures.done === edge(STEADY.to))
        steady = {
          ms: now.at - steadyFrom.at,
          warmups: now.warmups - steadyFrom.warmups,
          tasks: now.tasks - steadyFrom.tasks,
        }
      if (figures.done === warmups) finish()
    },
    over: promise.finally(() => clearInterval(silence)),
  }

  function finish() {
    const { user, system } = process.cpuUsage(cpu)
    const wallMs = performance.now() - startedAt
    resolve({
      wallMs,
      steady: steady ?? { ms: wallMs, warmups, tasks: doneAt.length },
      kinds,
      cpuMs: (user + system) / 1000,
      peakMb: process.resourceUsage().maxRSS / 1024,
      doneAt,
    })
  }
}
