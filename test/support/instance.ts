import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../../src/embedded/postgres.ts'
import { childEnvironment } from './child-environment.ts'
import { fastFolder } from './fast-folder.ts'

type Environment = Record<string, string>
export type Ended = { code: number | null; output: string }

export type Running = {
  /** What it has found for itself: its database, its Google. */
  settings(): Environment
  signInLink: string
  /** What it has written so far. */
  output(): string
  kill(signal: NodeJS.Signals): Promise<Ended>
}

/** `npm start` as a process of its own, in a data folder of its own, whose name has a space in it. */
export type Instance = AsyncDisposable & {
  url: string
  /** Starts it and waits until it is ready. */
  start(): Promise<Running>
  /** Starts it and waits until it ends by itself. */
  startAndEnd(): Promise<Ended>
}

export async function prepareInstance(environment: Environment = {}): Promise<Instance> {
  const dataDir = join(mkdtempSync(join(fastFolder(), 'kindling-')), 'data folder')
  const port = String(await freePort())
  const url = `http://127.0.0.1:${port}`
  const env = {
    ...childEnvironment(),
    PORT: port,
    DATA_DIR: dataDir,
    LOG_LEVEL: 'warn',
    ...environment,
  }
  const launched: { child: ChildProcess; ended: Promise<Ended> }[] = []

  const launch = () => {
    const child = spawn(process.execPath, ['scripts/start.ts'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const collect = (chunk: Buffer) => {
      output += chunk
    }
    child.stdout?.on('data', collect)
    child.stderr?.on('data', collect)
    const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, output })))
    launched.push({ child, ended })
    return { child, ended, output: () => output }
  }

  const instance: Instance = {
    url,
    async start() {
      const { child, ended, output } = launch()
      for (;;) {
        const link = output().match(/http\S+sign-in\?token=\S+/)
        if (child.exitCode !== null) throw new Error(`it ended by itself: ${output()}`)
        if (!link) {
          await delay(20)
          continue
        }
        return {
          signInLink: link[0],
          output,
          settings: () => JSON.parse(readFileSync(join(dataDir, 'instance.json'), 'utf8')),
          kill(signal) {
            child.kill(signal)
            return ended
          },
        }
      }
    },
    startAndEnd: () => launch().ended,
    async [Symbol.asyncDispose]() {
      let wasKilled = false
      for (const { child, ended } of launched) {
        if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
        await ended
        wasKilled = child.signalCode === 'SIGKILL'
      }
      // A database that kill -9 has left behind is taken over by one more start, and stopped in order.
      if (wasKilled) await (await instance.start()).kill('SIGTERM')
      rmSync(dirname(dataDir), { recursive: true, force: true })
    },
  }
  return instance
}
