import { TASK_KINDS, type TaskKind } from './task.ts'

/** The queue that a kind of task goes through. */
export function queueName(kind: TaskKind): string {
  return `kindling-${kind}`
}

/** A name that is none of our own queues. */
export function isForeignQueue(name: string): boolean {
  return /^[\w.-]{1,100}$/.test(name) && !TASK_KINDS.some((kind) => queueName(kind) === name)
}
