import type { TaskKind } from '../domain/task.ts'
import { startChild } from './child.ts'

/** What a worker process is to do: run until so many replies have left. */
export type RunOrder = {
  warmups: number
  /** Where its time stands at first, in milliseconds since 1970; null: the wall's time, which goes on by itself. */
  start: number | null
  /** With fewer jobs than this in hand, time moves on by `stepMs`: as work allows, never idle and never ahead. */
  hungryBelow: number
  stepMs: number
  /** The kind of task whose ends are counted as warmups. */
  lastKind: TaskKind
  /** How a run ends that has done its work: what recurs is to be done again. */
  outcome: 'done' | 'again'
  /** Where a V8 CPU profile of this run goes. */
  profile: string | null
}

export type KindFigures = { done: number; others: Record<string, number>; ms: number }
export type RunFigures = {
  wallMs: number
  /** From a tenth of the warmups to nine tenths: all kinds of task are at work there. */
  steady: { ms: number; warmups: number; tasks: number }
  kinds: Partial<Record<TaskKind, KindFigures>>
  /** Of the worker process alone. */
  cpuMs: number
  peakMb: number
  /** The moment each task was done, in milliseconds since 1970, by its id. */
  doneAt: [taskId: number, at: number][]
}

export type WorkerProcess = {
  pid: number
  run(order: RunOrder): Promise<RunFigures>
  stop(): Promise<void>
}

export async function startWorkerProcess(
  script: URL,
  settings: Record<string, string>,
): Promise<WorkerProcess> {
  const { pid, send, answer, stop } = await startChild(script, settings)
  return {
    pid,
    run(order) {
      send(order)
      return answer<RunFigures>()
    },
    stop,
  }
}
