import type { GoogleProblem } from './errors.ts'
import type { RunEnding, TaskKind } from './task.ts'

/** A run of a task that is over; `lateMs` is from when it was due to its end, in warmup time. */
export type RunOver = { kind: TaskKind; ended: RunEnding; ms: number; lateMs: number }
/** A call of Google that is over; `status` is null where no answer came. */
export type CallOver = { method: string; status: number | null; ms: number }
/** `superseded`: the account had got another token meanwhile, or lacked scopes. */
export type RefreshOutcome = 'refreshed' | 'superseded' | GoogleProblem

/** What a process tells of its work, to who counts or traces it. Nothing of it names an account or an address. */
export type Observer = {
  taskEnded(run: RunOver): void
  googleCalled(call: CallOver): void
  tokenRefreshed(outcome: RefreshOutcome): void
}

/** Tells each of them. */
export function allOf(observers: readonly Observer[]): Observer {
  return {
    taskEnded: (run) => observers.forEach((observer) => void observer.taskEnded(run)),
    googleCalled: (call) => observers.forEach((observer) => void observer.googleCalled(call)),
    tokenRefreshed: (outcome) => observers.forEach((observer) => void observer.tokenRefreshed(outcome)),
  }
}
