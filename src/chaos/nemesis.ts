import { setTimeout as delay } from 'node:timers/promises'
import { createGoogleWeather, type GoogleWeather } from './google-weather.ts'
import type { Disturbance, Scheduled } from './schedule.ts'
import type { Stage } from './stage.ts'

/** What was done, by its kind, and to how many requests of Google. */
export type Toll = { done: ReadonlyMap<string, number>; struck: ReadonlyMap<string, number> }

/** Does all that is scheduled, each at its time; resolves when the last of it is over. @throws the signal's reason */
export async function play(
  stage: Stage,
  scheduled: readonly Scheduled[],
  signal: AbortSignal,
): Promise<Toll> {
  const weather = createGoogleWeather(stage.sandbox)
  const disturb = createDisturber(stage, weather)
  const done = new Map<string, number>()
  const startedAt = performance.now()
  const under: Promise<void>[] = []
  for (const { atMs, ...disturbance } of scheduled) {
    const wait = startedAt + atMs - performance.now()
    if (wait > 0) await delay(wait, undefined, { signal }).catch(() => signal.throwIfAborted())
    const doing = disturb(disturbance).then((isDone) => {
      const name = nameOf(disturbance)
      if (isDone) done.set(name, (done.get(name) ?? 0) + 1)
    })
    // What fails is told of at the end.
    doing.catch(() => {})
    under.push(doing)
  }
  await Promise.all(under)
  await weather.clear()
  return { done, struck: weather.struck }
}

function nameOf(disturbance: Disturbance): string {
  const { kind } = disturbance
  if (kind === 'postgres restarted') return disturbance.isCrash ? 'postgres crashed' : kind
  return kind === 'connections cut' ? `${kind} to ${disturbance.to}` : kind
}

/** False where there was nobody to do it to. */
function createDisturber({ fleet, postgres, redis }: Stage, weather: GoogleWeather) {
  // A store is done one thing to at a time.
  const onPostgres = inTurns()
  const onRedis = inTurns()

  return async function disturb(disturbance: Disturbance): Promise<boolean> {
    switch (disturbance.kind) {
      case 'worker killed':
        return fleet.replace(disturbance.which, 'SIGKILL', disturbance.awayMs)
      case 'worker stopped':
        return fleet.replace(disturbance.which, 'SIGTERM', disturbance.awayMs)
      case 'worker frozen':
        return fleet.freeze(disturbance.which, disturbance.lengthMs)
      case 'redis flushed':
        return onRedis(async () => redis?.flush())
      case 'redis killed':
        return onRedis(() => redis?.restart(disturbance.awayMs))
      case 'redis paused':
        return onRedis(() => redis?.pause(disturbance.lengthMs))
      case 'postgres restarted':
        return onPostgres(() => postgres.restart(disturbance))
      case 'sessions ended':
        return onPostgres(() => postgres.endSessions(disturbance.share))
      case 'connections cut':
        if (disturbance.to === 'redis') redis?.cut()
        else postgres.cut()
        return true
      case 'google fails':
        await weather.order(disturbance.how, disturbance.fault)
        return true
      case 'google is away':
        await weather.goAway()
        await delay(disturbance.lengthMs)
        await weather.clear()
        return true
    }
  }
}

function inTurns() {
  let last: Promise<unknown> = Promise.resolve()
  return (work: () => Promise<unknown> | undefined): Promise<boolean> => {
    const mine = last.then(work)
    last = mine.catch(() => {})
    return mine.then(() => true)
  }
}
