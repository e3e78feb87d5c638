import { BARE_IN_FLIGHT, type BareWork } from '../bare-runs.ts'
import { atLeast, atMost, type Figure, short } from '../figures.ts'
import type { BackendKind } from '../options.ts'
import { countOf } from '../statements.ts'
import { type Measured, warmupsASecond } from '../warmup-runs.ts'

const GOAL_STATEMENTS = 3
const GOAL_CPU_MS = 2
const GOAL_WARMUPS_ON_REDIS = 300
const GOAL_OF_BARE_WORK = 2 / 3
const GOAL_OF_CONCURRENCY = 0.9

/** Of a run in which Google answers at once. */
export function figuresOf(m: Measured, backend: BackendKind, bare: BareWork): Figure[] {
  const rate = warmupsASecond(m)
  const share = rate / bare.warmupsASecond
  const { ours = [], queues = [] } = Object.groupBy(m.statements ?? [], ({ isQueues }) =>
    isQueues ? 'queues' : 'ours',
  )
  const statements = m.statements && countOf(ours) / m.tasks
  const cpu = m.cpuMs / m.tasks
  return [
    {
      name: 'complete warmups a second',
      value: short(rate),
      ...(backend === 'redis' ? { goal: atLeast(GOAL_WARMUPS_ON_REDIS, rate, '') } : {}),
    },
    { name: 'tasks a second', value: short((m.steady.tasks / m.steady.ms) * 1000) },
    {
      name: `share of the bare work (${short(bare.tasksASecond)} tasks a second, ${short(bare.cpuMs)} ms, ${BARE_IN_FLIGHT} in flight)`,
      value: percent(share),
      ...(backend === 'redis' ? { goal: atLeast(GOAL_OF_BARE_WORK * 100, share * 100, ' %') } : {}),
    },
    { name: 'Google calls of a task', value: short(m.calls / m.tasks) },
    ...(statements === null
      ? []
      : [
          {
            name: 'SQL statements of a task',
            value: short(statements),
            goal: atMost(GOAL_STATEMENTS, statements, ''),
          },
          ...(backend === 'postgres'
            ? [{ name: 'and of BullMQ for it', value: short(countOf(queues) / m.tasks) }]
            : []),
        ]),
    {
      name: 'CPU of a task, worker process',
      value: `${short(cpu)} ms`,
      goal: atMost(GOAL_CPU_MS, cpu, ' ms'),
    },
    ...(m.allCpuMs === null
      ? []
      : [
          {
            name: 'CPU of a task, with database, queue and Google',
            value: `${short(m.allCpuMs / m.tasks)} ms`,
          },
        ]),
    { name: 'peak memory of the worker', value: `${m.peakMb.toFixed(0)} MB` },
  ]
}

/** Of a run in which Google is slow. @param allowed warmups a second that the concurrency allows */
export function slowFiguresOf(m: Measured, allowed: number): Figure[] {
  const share = warmupsASecond(m) / allowed
  return [
    { name: 'complete warmups a second', value: short(warmupsASecond(m)) },
    {
      name: `share of what the concurrency allows with call after call (${short(allowed)} a second)`,
      value: percent(share),
      goal: atLeast(GOAL_OF_CONCURRENCY * 100, share * 100, ' %'),
    },
    { name: 'CPU of a task, worker process', value: `${short(m.cpuMs / m.tasks)} ms` },
  ]
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`
}
