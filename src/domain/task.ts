/**
 * `plan`, `send`, `open` and `reply` are the warmup. `check` proves an account's token once a day, `disconnect` ends its
 * grant, `notify` tells the operator of what needs attention.
 */
export const TASK_KINDS = ['plan', 'send', 'open', 'reply', 'check', 'disconnect', 'notify'] as const
export type TaskKind = (typeof TASK_KINDS)[number]

/** A task in the queue's hands: its id, and which handing-out this is. It is all that a job carries. */
export type Handout = { taskId: number; kind: TaskKind; handout: number }

/** What became of one run of a task, as data; one place carries it out. */
export type Outcome =
  /** Finished: the task's row goes; `isKept`: it went with the facts. */
  | { kind: 'done'; isKept?: true }
  /** Nothing went wrong, but it is to be run at another time. */
  | {
      kind: 'again'
      at: Date
      reason: string
      looks?: number
      /** Not even begun: errors in a row go on counting. */
      untried?: boolean
      /** It was put off with the facts. */
      isKept?: true
    }
  /** It can't succeed. */
  | { kind: 'failed'; reason: string }

/** Runs of one task that may end in an error before it is given up. */
export const MOST_ERRORS = 25
/** Runs of one task in a row in which Google may not find what it is about. */
export const MOST_NOT_FOUND = 5

/** Wait after the n-th error in a row: 30 s, doubling up to an hour, with full jitter above the first half. */
export function backOffSeconds(errors: number, random: () => number): number {
  const ceiling = Math.min(30 * 2 ** (errors - 1), 3600)
  return ceiling / 2 + (ceiling / 2) * random()
}
