import type { GoogleProblem } from './errors.ts'

/**
 * `plan`, `send`, `open` and `reply` are the warmup. `settle` finds out whether an unknown mail was sent, `check` proves
 * an account's token once a day, `disconnect` ends its grant, `sync` fetches what came into its mailbox, `hand_on` hands
 * that on to whom the operator wishes, `notify` tells the operator of what needs attention, `tidy` keeps history from
 * growing for ever.
 */
export const TASK_KINDS = [
  'plan',
  'send',
  'open',
  'reply',
  'settle',
  'check',
  'disconnect',
  'sync',
  'hand_on',
  'notify',
  'tidy',
] as const
export type TaskKind = (typeof TASK_KINDS)[number]

/** What runs for a paused account as well: it sends nothing and touches nothing. */
export const QUIET_KINDS: readonly TaskKind[] = ['check', 'settle', 'sync', 'hand_on']

/** What asks nothing of Google, and runs for an account as well that lost its grant. */
export const OFFLINE_KINDS: readonly TaskKind[] = ['hand_on']

/** A task in the queue's hands: its id, and which handing-out this is. It is all that a job carries. */
export type Handout = { taskId: number; kind: TaskKind; handout: number }

/** How a run of a task may end; `handed_back`: its process stopped, or had lost it, before it was done. */
export const RUN_ENDINGS = ['done', 'again', 'failed', 'retry', 'parked', 'handed_back'] as const
export type RunEnding = (typeof RUN_ENDINGS)[number]

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
  | {
      kind: 'failed'
      reason: string
      /** Google has refused it and has surely not done it: a mail that was being sent ends failed, not unknown. */
      isRefusal?: boolean
    }

/** What a run ended in: a refusal of Google's, a notice that was not taken, or `other`: a fault of our own, or a worker that died. */
export type Trouble = GoogleProblem | 'notice' | 'other'

/**
 * Tries in a row, half an hour apart on average, in which what may pass by itself is waited out: five days, give or take
 * half a day. An outage of Google, a closed mailbox or a spent quota is over by then; a mail at which only Google's answer
 * to this one mail is wrong is not. It is one number for all of them, as a task's errors are counted whatever they are:
 * who has waited out an outage must not be given up at the next answer of another kind.
 */
const PASSES = 240

/** With which try in a row that ends in an error a task is given up, if that error is of this kind. */
export const MOST_TRIES: Record<Trouble, number> = {
  passing: PASSES,
  rate_limited: PASSES,
  unauthorized: PASSES,
  // An account that lost its grant keeps its tasks, parked; this is one that has a new grant already.
  grant_revoked: PASSES,
  app_refused: PASSES,
  api_disabled: PASSES,
  mail_disabled: PASSES,
  domain_policy: PASSES,
  // What is not there may be late.
  not_found: 6,
  refused: 1,
  // Most of a day.
  notice: 40,
  other: PASSES,
}

/** Why a task waits whose last run ended without a word: that counts as an error, so that nothing kills workers for ever. */
export const WORKER_DIED = 'its worker died'

/** Why a look for a mail comes before its time: its sender has had it back, and the recipient's mailbox may sleep on. */
export const CAME_BACK = 'it came back to its sender'

/** Tasks that are never over: after how many hours they begin anew when they were given up. */
export const COMES_AGAIN_HOURS: Partial<Record<TaskKind, number>> = {
  plan: 6,
  check: 24,
  disconnect: 24,
  sync: 1,
  hand_on: 1,
  tidy: 6,
}

/** Whether a task is given up with this try, which is the `tries`-th in a row that ended in an error. */
export function isOver(trouble: Trouble, tries: number): boolean {
  return tries >= MOST_TRIES[trouble]
}

/** Whether giving a task up is news: a task that comes again fails as it did before, and that is told once. */
export function isNews(
  trouble: Trouble,
  { tries, reason, reasonBefore }: { tries: number; reason: string; reasonBefore: string | null },
): boolean {
  return tries === MOST_TRIES[trouble] || reason !== reasonBefore
}

/** The longest wait after the n-th error in a row: 30 s, doubling up to an hour. */
function longestWait(errors: number): number {
  return Math.min(30 * 2 ** (errors - 1), 3600)
}

/**
 * When a task is tried again after its n-th error in a row: any time within the longest wait, so that many that failed
 * together do not come back together ("full jitter", https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 * Where Google has named a time, the wait begins there.
 */
export function retryTime(errors: number, now: Date, notBefore: Date | null, random: () => number): Date {
  const from = Math.max(now.getTime(), notBefore?.getTime() ?? 0)
  return new Date(from + longestWait(errors) * random() * 1000)
}
