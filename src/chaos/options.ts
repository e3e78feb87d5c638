import { parseArgs } from 'node:util'
import { OperatorError } from '../domain/errors.ts'

export const QUEUES = ['redis', 'postgres'] as const
export type Queue = (typeof QUEUES)[number]

export type ChaosOptions = {
  /** How long the faults go on, for all queues together. */
  minutes: number
  /** What the faults are drawn from. */
  seed: number
  /** One after the other. */
  queues: readonly Queue[]
}

const SHORTEST_MINUTES = 0.2
const LONGEST_MINUTES = 1440
const HIGHEST_SEED = 2 ** 31 - 1

export const USAGE = `usage: npm run chaos -- [--minutes 10] [--seed 1] [--backend redis|postgres]

  --minutes N  how long the faults go on, ${SHORTEST_MINUTES} to ${LONGEST_MINUTES}; two minutes more go into what comes after
  --seed N     what the faults are drawn from, 0 to ${HIGHEST_SEED}: the same seed makes the same ones
  --backend B  where the queue is; left out: on Redis for half of the time, then on Postgres`

/** @throws OperatorError that names the value and what was expected */
export function readOptions(args: readonly string[]): ChaosOptions {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        minutes: { type: 'string', default: '10' },
        seed: { type: 'string', default: '1' },
        backend: { type: 'string' },
      },
    })
    return {
      minutes: readMinutes(values.minutes),
      seed: readSeed(values.seed),
      queues: values.backend === undefined ? QUEUES : [readQueue(values.backend)],
    }
  } catch (error) {
    throw new OperatorError(`${(error as Error).message}\n${USAGE}`)
  }
}

function readMinutes(text: string): number {
  const minutes = Number(text)
  if (/^\d+(\.\d+)?$/.test(text) && minutes >= SHORTEST_MINUTES && minutes <= LONGEST_MINUTES) return minutes
  throw new Error(`--minutes ${text}: expected a number from ${SHORTEST_MINUTES} to ${LONGEST_MINUTES}`)
}

function readSeed(text: string): number {
  const seed = Number(text)
  if (/^\d+$/.test(text) && seed <= HIGHEST_SEED) return seed
  throw new Error(`--seed ${text}: expected a whole number from 0 to ${HIGHEST_SEED}`)
}

function readQueue(text: string): Queue {
  const queue = QUEUES.find((known) => known === text)
  if (queue) return queue
  throw new Error(`--backend ${text}: expected one of ${QUEUES.join(', ')}`)
}

/** What makes the faults of one queue again. */
export function commandOf({ minutes, seed, queue }: { minutes: number; seed: number; queue: Queue }): string {
  return `npm run chaos -- --minutes ${minutes} --seed ${seed} --backend ${queue}`
}
