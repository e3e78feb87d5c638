import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../../embedded/postgres.ts'
import { closingAfter } from '../closing.ts'
import { atMost, type Figure, printFigures } from '../figures.ts'
import { ownFolder } from '../folder.ts'
import { commandOf, memoryOf, startProgram } from '../program.ts'
import { onStage, queueSettings, type Servers } from '../stage.ts'
import type { Part } from './part.ts'

const GOAL_WORKER_MB = 150
/** What a start leaves to be done is done by then. */
const SETTLED_MS = 5000

/** What the processes of production weigh before anybody asks anything of them. */
export const measureRest: Part = (servers, { backends: [backend = 'postgres'] }) =>
  onStage(servers, async (stage) => {
    const settings = { ...stage.settings, ...queueSettings(backend, servers.redis) }
    const weighWorker = () => weigh(servers, 'workers', 'workers are running', settings)
    // The first start after an installation compiles, and weighs more.
    await weighWorker()
    const worker = await weighWorker()
    const web = await weigh(servers, 'web', 'the web server listens', settings)
    return printFigures(`memory at rest, the queue on ${backend}`, [
      figure('worker process', worker, GOAL_WORKER_MB),
      figure('web process', web),
    ])
  })

async function weigh(
  { scripts, onStop: onEnd }: Servers,
  name: 'web' | 'workers',
  words: string,
  settings: Record<string, string>,
): Promise<number | null> {
  return closingAfter(onEnd, async (onStop) => {
    const folder = await ownFolder(onStop)
    const program = startProgram(commandOf(name, scripts), {
      folder,
      settings: { ...settings, PORT: String(await freePort()) },
    })
    onStop(program.stop)
    await program.says(words)
    await delay(SETTLED_MS)
    return memoryOf(program.pid)
  })
}

function figure(name: string, megabytes: number | null, goal?: number): Figure {
  if (megabytes === null) return { name, value: 'not known on this system' }
  return {
    name,
    value: `${megabytes.toFixed(0)} MB`,
    ...(goal === undefined ? {} : { goal: atMost(goal, megabytes, ' MB') }),
  }
}
