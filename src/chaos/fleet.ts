import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'

/** Some worker processes, each in a place of its own where it is replaced when it is gone. */
export type Fleet = ReturnType<typeof startFleet>

type Place = {
  child: ChildProcess
  /** It has begun to work: from then on it may not end by itself. */
  isRunning: boolean
  isFrozen: boolean
  /** Its end is our doing. */
  isDoomed: boolean
}

const RESTART_MS = 500
/** What a stop may take. */
const STOP_WITHIN_MS = 10_000
const LAST_LINES = 5

/** @param folder where they run, and leave their log: one without a `.env` */
export function startFleet(options: {
  size: number
  script: URL
  environment: NodeJS.ProcessEnv
  folder: string
}) {
  const log = createWriteStream(`${options.folder}/workers.log`)
  const places: Place[] = []
  const faults: string[] = []
  let isOver = false

  function launch(index: number): void {
    const child = spawn(process.execPath, [options.script.pathname], {
      cwd: options.folder,
      env: options.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const place: Place = { child, isRunning: false, isFrozen: false, isDoomed: false }
    places[index] = place
    const last: string[] = []
    for (const stream of [child.stdout, child.stderr])
      createInterface(stream as NodeJS.ReadableStream).on('line', (line) => {
        if (line.includes('workers are running')) place.isRunning = true
        log.write(`${child.pid} ${line}\n`)
        last.push(line)
        if (last.length > LAST_LINES) last.shift()
      })
    child.on('close', (code, signal) => {
      if (place.isDoomed || isOver) return
      // One that finds no database at its start ends, and is started again as any supervisor does.
      if (place.isRunning) faults.push(`a worker ended by itself (${signal ?? code}): ${last.join(' | ')}`)
      setTimeout(() => isOver || launch(index), RESTART_MS)
    })
  }
  for (let index = 0; index < options.size; index += 1) launch(index)

  const placeOf = (which: number) => places[which % options.size] as Place
  const isGone = ({ child }: Place) => child.exitCode !== null || child.signalCode !== null

  async function end(place: Place, signal: NodeJS.Signals): Promise<void> {
    place.isDoomed = true
    const gone = isGone(place) ? Promise.resolve() : once(place.child, 'exit')
    place.child.kill(signal)
    const isLate = await Promise.race([
      gone.then(() => false),
      delay(STOP_WITHIN_MS + 500, true, { ref: false }),
    ])
    if (!isLate) return
    faults.push(`a worker did not stop within ${STOP_WITHIN_MS / 1000} s of ${signal}`)
    place.child.kill('SIGKILL')
    await gone
  }

  return {
    faults: faults as readonly string[],

    /** Ends one and starts another in its place; false where it is about to start or to end anyway. */
    async replace(which: number, signal: 'SIGKILL' | 'SIGTERM', awayMs: number): Promise<boolean> {
      const place = placeOf(which)
      const index = places.indexOf(place)
      if (place.isDoomed || !place.isRunning || (place.isFrozen && signal === 'SIGTERM')) return false
      await end(place, signal)
      await delay(awayMs)
      if (!isOver) launch(index)
      return true
    },

    /** Stops one where it is, and lets it go on after a while, as if nothing had been. */
    async freeze(which: number, lengthMs: number): Promise<boolean> {
      const place = placeOf(which)
      if (place.isDoomed || place.isFrozen || !place.isRunning) return false
      place.isFrozen = true
      place.child.kill('SIGSTOP')
      await delay(lengthMs)
      place.child.kill('SIGCONT')
      place.isFrozen = false
      return true
    },

    /** Waits until all of them work. */
    async running(): Promise<void> {
      while (!places.every((place) => place.isRunning && !isGone(place))) await delay(50)
    },

    async stop(): Promise<void> {
      isOver = true
      await Promise.all(places.map((place) => (isGone(place) ? undefined : end(place, 'SIGTERM'))))
      await new Promise<void>((resolve) => log.end(resolve))
    },
  }
}
