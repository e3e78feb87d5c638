import { type Random, randomInteger, seededRandom } from '../domain/random.ts'
import type { FaultOrder } from '../sandbox/http/faults.ts'
import { GOOGLE_FAULTS } from './google-faults.ts'
import type { Queue } from './options.ts'

/** What is done to the system. Lengths are in milliseconds of the wall’s time; `which` chooses among whom there is. */
export type Disturbance =
  | { kind: 'worker killed'; which: number; awayMs: number }
  | { kind: 'worker stopped'; which: number; awayMs: number }
  | { kind: 'worker frozen'; which: number; lengthMs: number }
  | { kind: 'redis flushed' }
  | { kind: 'redis killed'; awayMs: number }
  | { kind: 'redis paused'; lengthMs: number }
  | { kind: 'postgres restarted'; isCrash: boolean; awayMs: number }
  | { kind: 'sessions ended'; share: number }
  | { kind: 'connections cut'; to: 'postgres' | 'redis' }
  | { kind: 'google fails'; how: string; fault: FaultOrder }
  | { kind: 'google is away'; lengthMs: number }
export type Scheduled = { atMs: number } & Disturbance

/** Longer than a task’s lease. */
const LONG_FREEZE_MS = 33_000
/** Below that, such a freeze would be all that there is. */
const LONG_RUN_MS = 90_000

type Family = { name: string; everyMs: number; draw(random: Random): Disturbance }

/** Everything that is done in a run, in order: the same for the same seed. */
export function schedule(options: { seed: number; lengthMs: number; queue: Queue }): Scheduled[] {
  const { seed, lengthMs, queue } = options
  const families = familiesOf(queue, lengthMs)
  const all = families.flatMap(({ name, everyMs, draw }) => {
    const random = seededRandom(`${seed} ${queue} ${name}`)
    const every = Math.min(everyMs, lengthMs / 2)
    const drawn: Scheduled[] = []
    for (let atMs = every * random(); atMs < lengthMs; atMs += every * (0.5 + random()))
      drawn.push({ atMs: Math.round(atMs), ...draw(random) })
    return drawn
  })
  return all.toSorted((a, b) => a.atMs - b.atMs)
}

function familiesOf(queue: Queue, lengthMs: number): Family[] {
  return [
    { name: 'workers', everyMs: 8000, draw: (random) => drawWorker(random, lengthMs) },
    { name: 'postgres', everyMs: 40_000, draw: drawPostgres },
    { name: 'connections', everyMs: 15_000, draw: (random) => drawConnections(random, queue) },
    { name: 'google', everyMs: 700, draw: drawGoogle },
    {
      name: 'outages',
      everyMs: 60_000,
      draw: (random) => ({ kind: 'google is away', lengthMs: between(random, 2000, 8000) }),
    },
    ...(queue === 'redis' ? [{ name: 'redis', everyMs: 35_000, draw: drawRedis }] : []),
  ]
}

function drawWorker(random: Random, lengthMs: number): Disturbance {
  const which = randomInteger(random, 0, 1000)
  const chance = random()
  if (chance < 0.5) return { kind: 'worker killed', which, awayMs: between(random, 0, 3000) }
  if (chance < 0.7) return { kind: 'worker stopped', which, awayMs: between(random, 0, 1000) }
  const isLong = lengthMs >= LONG_RUN_MS && random() < 0.25
  return {
    kind: 'worker frozen',
    which,
    lengthMs: isLong ? LONG_FREEZE_MS + between(random, 0, 5000) : between(random, 500, 5000),
  }
}

function drawPostgres(random: Random): Disturbance {
  return { kind: 'postgres restarted', isCrash: random() < 0.5, awayMs: between(random, 0, 2000) }
}

function drawConnections(random: Random, queue: Queue): Disturbance {
  if (random() < 0.5) return { kind: 'sessions ended', share: 0.2 + 0.8 * random() }
  return { kind: 'connections cut', to: queue === 'redis' && random() < 0.5 ? 'redis' : 'postgres' }
}

function drawRedis(random: Random): Disturbance {
  const chance = random()
  if (chance < 0.4) return { kind: 'redis flushed' }
  if (chance < 0.7) return { kind: 'redis killed', awayMs: between(random, 0, 3000) }
  return { kind: 'redis paused', lengthMs: between(random, 500, 6000) }
}

function drawGoogle(random: Random): Disturbance {
  const names = Object.keys(GOOGLE_FAULTS)
  const how = names[randomInteger(random, 0, names.length - 1)] as string
  const fault = GOOGLE_FAULTS[how]?.(random) as FaultOrder
  return { kind: 'google fails', how, fault: { ...fault, count: randomInteger(random, 1, 6) } }
}

const between = (random: Random, low: number, high: number) => randomInteger(random, low, high)
