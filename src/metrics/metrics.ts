import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'
import { GOOGLE_PROBLEMS } from '../domain/errors.ts'
import type { Observer } from '../domain/observer.ts'
import { METHOD_UNITS } from '../domain/quota.ts'
import { RUN_ENDINGS, TASK_KINDS } from '../domain/task.ts'
import { type FigureSources, showFigures } from './figures.ts'

export type Metrics = {
  observer: Observer
  /** From then on every scrape also says how database and queue stand. */
  addFigures(sources: FigureSources): void
  contentType: string
  /** All of it in Prometheus' text format. Never rejects for a store that is away. */
  text(): Promise<string>
}

/** Google's OAuth endpoints cost none. */
const UNITS: Readonly<Record<string, number>> = METHOD_UNITS
const LATENESS_BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600]
const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
const EVENT_LOOP_PRECISION_MS = 20

/**
 * Counts what this process does. Names and units follow https://prometheus.io/docs/practices/naming/; no label names an
 * account.
 * @param speed of warmup time: what is said in seconds is the wall's
 */
export function createMetrics(speed: number): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: EVENT_LOOP_PRECISION_MS })
  const tasks = new Counter({
    name: 'kindling_tasks_total',
    help: 'Runs of tasks that are over, by how they ended',
    labelNames: ['kind', 'outcome'],
    registers,
  })
  const lateness = new Histogram({
    name: 'kindling_task_lateness_seconds',
    help: 'From when a task was due to the end of its run',
    labelNames: ['kind'],
    buckets: LATENESS_BUCKETS,
    registers,
  })
  const durations = new Histogram({
    name: 'kindling_task_duration_seconds',
    help: 'How long a run of a task took',
    labelNames: ['kind'],
    buckets: DURATION_BUCKETS,
    registers,
  })
  const calls = new Counter({
    name: 'kindling_google_calls_total',
    help: 'Calls of Google that are over, by HTTP status; none where no answer came',
    labelNames: ['method', 'status'],
    registers,
  })
  const latency = new Histogram({
    name: 'kindling_google_call_duration_seconds',
    help: 'How long a call of Google took',
    labelNames: ['method'],
    buckets: DURATION_BUCKETS,
    registers,
  })
  const units = new Counter({
    name: 'kindling_gmail_quota_units_total',
    help: 'Gmail quota units of the calls that Google answered',
    registers,
  })
  const refreshes = new Counter({
    name: 'kindling_token_refreshes_total',
    help: 'Refreshes of access tokens, by what came of them',
    labelNames: ['outcome'],
    registers,
  })
  // What never happened is 0, so that a rate sees its first time.
  for (const kind of TASK_KINDS) for (const outcome of RUN_ENDINGS) tasks.inc({ kind, outcome }, 0)
  for (const outcome of ['refreshed', 'superseded', ...GOOGLE_PROBLEMS]) refreshes.inc({ outcome }, 0)

  let bringUpToDate = async () => {}

  return {
    observer: {
      taskEnded({ kind, ended, ms, lateMs }) {
        tasks.inc({ kind, outcome: ended })
        durations.observe({ kind }, ms / 1000)
        if (ended !== 'parked') lateness.observe({ kind }, Math.max(0, lateMs / 1000 / speed))
      },
      googleCalled({ method, status, ms }) {
        calls.inc({ method, status: status ?? 'none' })
        latency.observe({ method }, ms / 1000)
        if (status !== null) units.inc(UNITS[method] ?? 0)
      },
      tokenRefreshed: (outcome) => refreshes.inc({ outcome }),
    },
    addFigures(sources) {
      bringUpToDate = showFigures(registry, sources, speed)
    },
    contentType: registry.contentType,
    async text() {
      await bringUpToDate()
      return registry.metrics()
    },
  }
}
