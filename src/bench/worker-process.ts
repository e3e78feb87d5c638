import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { TaskKind } from '../domain/task.ts'

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

/** A worker process of its own, with the settings given and no others. */
export async function startWorkerProcess(
  script: URL,
  settings: Record<string, string>,
): Promise<WorkerProcess> {
  const child = spawn(process.execPath, [script.pathname], {
    env: { PATH: process.env.PATH, BENCH_SETTINGS: JSON.stringify(settings) },
    // Its log is written and thrown away: that is part of its work.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`a worker ended with ${code}`)))
  ended.catch(() => {})
  const answer = async <T>() => (await Promise.race([once(child, 'message'), ended]))[0] as T
  await answer()
  return {
    pid: child.pid as number,
    run(order) {
      child.send(order)
      return answer<RunFigures>()
    },
    async stop() {
      child.kill()
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  }
}
