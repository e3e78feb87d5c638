import { type Handout, TASK_KINDS, type TaskKind } from '../domain/task.ts'
import type { Logger } from '../logger.ts'
import type { JobProcessor } from './backend.ts'

/** Of Postgres’ integer, which would refuse to be compared with more. */
const HIGHEST_HANDOUT = 2 ** 31 - 1

/**
 * Lets through what the dispatcher put into the queue of a kind. Others can write into a store too: a job of any other
 * shape is over at once, with a line in the log that does not repeat what it carries.
 */
export function onlyHandouts(
  kind: TaskKind,
  process: (handout: Handout) => Promise<unknown>,
  log: Pick<Logger, 'warn'>,
): JobProcessor {
  return async (data) => {
    const handout = readHandout(data)
    if (handout?.kind === kind) return process(handout)
    log.warn({ kind }, 'a job that kindling did not queue was thrown away')
  }
}

function readHandout(data: unknown): Handout | null {
  if (typeof data !== 'object' || data === null) return null
  const { taskId, kind, handout } = data as Partial<Record<keyof Handout, unknown>>
  const known = TASK_KINDS.find((candidate) => candidate === kind)
  return known && isCount(taskId) && isCount(handout) && handout <= HIGHEST_HANDOUT
    ? { taskId, kind: known, handout }
    : null
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0
}
