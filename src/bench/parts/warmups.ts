import { type BareWork, measureBareWork } from '../bare-runs.ts'
import { printFigures } from '../figures.ts'
import type { BackendKind, BenchOptions } from '../options.ts'
import { answerAfter, type SandboxProcess } from '../sandbox-process.ts'
import { onStage, type Stage } from '../stage.ts'
import type { Measured, WarmupKind } from '../warmup-runs.ts'
import type { Part } from './part.ts'
import { figuresOf, slowFiguresOf } from './warmup-figures.ts'
import { printKinds } from './warmup-kinds.ts'

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
      // Before and after, so that it has had the machine as the run had it.
      const before = await measureBareWork(stage, scripts)
      const measured = await runs.measure(worked, { warmups, profile })
      const bare = meanOf(before, await measureBareWork(stage, scripts))
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

/**
 * Warmups a second where each task makes its calls one after the other: each kind has its own places, and none may be asked
 * for more than they can do. Two of the calls of a send are made at once, so that it may be surpassed.
 */
function allowedBy(concurrency: number, latency: number, byKind: Record<WarmupKind, Measured>): number {
  const mostCalls = Math.max(...Object.values(byKind).map(({ calls, tasks }) => calls / tasks))
  return (concurrency * 1000) / (mostCalls * latency)
}

function meanOf(a: BareWork, b: BareWork): BareWork {
  return {
    warmupsASecond: (a.warmupsASecond + b.warmupsASecond) / 2,
    tasksASecond: (a.tasksASecond + b.tasksASecond) / 2,
    cpuMs: (a.cpuMs + b.cpuMs) / 2,
  }
}
