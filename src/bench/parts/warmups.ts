import { BARE_IN_FLIGHT, measureBareWork } from '../bare-runs.ts'
import { atLeast, atMost, type Figure, printFigures, short } from '../figures.ts'
import type { BackendKind, BenchOptions } from '../options.ts'
import { answerAfter, type SandboxProcess } from '../sandbox-process.ts'
import { onStage, type Stage } from '../stage.ts'
import { countOf } from '../statements.ts'
import { printTable } from '../table.ts'
import { type Measured, WARMUP_KINDS, type WarmupKind, warmupsASecond } from '../warmup-runs.ts'
import type { Part } from './part.ts'

const GOAL_STATEMENTS = 3
const GOAL_CPU_MS = 2
const GOAL_WARMUPS_ON_REDIS = 300
const GOAL_OF_BARE_WORK = 2 / 3
const GOAL_OF_CONCURRENCY = 0.9
/** Of each kind of task, for what one of them costs. */
const BY_KIND = 500
/** Where Google is slow, a run takes about so long. */
const SLOW_RUN_SECONDS = 8

/** Complete warmups by one worker process, at several latencies of Google, beside the same work in a bare loop. */
export const measureWarmups: Part = async (servers, options) => {
  const misses: string[] = []
  for (const backend of options.backends)
    misses.push(...(await onStage(servers, (stage) => ofBackend(stage, backend, options, servers.scripts))))
  return misses
}

async function ofBackend(
  stage: Stage,
  backend: BackendKind,
  options: BenchOptions,
  scripts: URL,
): Promise<string[]> {
  const { accounts, concurrency, latencies, warmups } = options
  const { runs, google } = stage
  await stage.connect(accounts)
  const worked = await stage.startWorker(backend, { accounts, concurrency })
  await runs.warmUp(worked)
  const byKind = await runs.byKind(worked, Math.min(BY_KIND, warmups))
  printKinds(backend, byKind, options)

  const misses: string[] = []
  let { profile } = options
  for (const latency of latencies) {
    const title = `warmups, the queue on ${backend}, Google answers after ${latency} ms`
    if (latency === 0) {
      const measured = await runs.measure(worked, { warmups, profile })
      const bare = await measureBareWork(stage, scripts)
      misses.push(...printFigures(title, figuresOf(measured, backend, bare)))
    } else {
      const allowed = allowedBy(concurrency, latency, byKind)
      const measured = await slowed(google, latency, () =>
        runs.measure(worked, {
          warmups: Math.min(warmups, Math.ceil(allowed * SLOW_RUN_SECONDS)),
          profile,
        }),
      )
      misses.push(...printFigures(title, slowFiguresOf(measured, allowed)))
    }
    profile = null
  }
  return misses
}

async function slowed<T>(google: SandboxProcess, latency: number, work: () => Promise<T>): Promise<T> {
  await answerAfter(google, latency)
  return work().finally(() => answerAfter(google, 0))
}

/** Warmups a second: each kind of task has its own places, and none may be asked for more than they can do. */
function allowedBy(concurrency: number, latency: number, byKind: Record<WarmupKind, Measured>): number {
  const mostCalls = Math.max(...Object.values(byKind).map(({ calls, tasks }) => calls / tasks))
  return (concurrency * 1000) / (mostCalls * latency)
}

type Bare = Awaited<ReturnType<typeof measureBareWork>>

function figuresOf(m: Measured, backend: BackendKind, bare: Bare): Figure[] {
  const rate = warmupsASecond(m)
  const share = rate / bare.warmupsASecond
  const statements = m.statements && countOf(m.statements) / m.tasks
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

function slowFiguresOf(m: Measured, allowed: number): Figure[] {
  const share = warmupsASecond(m) / allowed
  return [
    { name: 'complete warmups a second', value: short(warmupsASecond(m)) },
    {
      name: `share of what the concurrency allows (${short(allowed)} a second)`,
      value: percent(share),
      goal: atLeast(GOAL_OF_CONCURRENCY * 100, share * 100, ' %'),
    },
    { name: 'CPU of a task, worker process', value: `${short(m.cpuMs / m.tasks)} ms` },
  ]
}

function printKinds(
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

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`
}
