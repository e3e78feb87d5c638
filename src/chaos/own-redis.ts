import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../embedded/postgres.ts'
import { tryRedis } from '../queue/redis-backend.ts'
import { openRelay } from './relay.ts'

/** A Redis of our own that forgets everything when it dies. */
export type OwnRedis = Awaited<ReturnType<typeof startOwnRedis>>

/** Whether this machine has the program. */
export function hasRedis(): boolean {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

export async function startOwnRedis() {
  const port = await freePort()
  const relay = await openRelay()
  relay.leadTo(port)
  const directly = `redis://127.0.0.1:${port}`
  let server = await launch()

  async function launch(): Promise<ChildProcess> {
    const settings = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
    const child = spawn('redis-server', settings, { stdio: 'ignore' })
    while (!(await answers())) await delay(20)
    return child
  }

  function answers(): Promise<boolean> {
    return tryRedis(directly).then(
      () => true,
      () => false,
    )
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const gone = once(server, 'exit')
    server.kill(signal)
    await gone
  }

  return {
    url: `redis://127.0.0.1:${relay.port}`,
    cut: relay.cut,
    flush: () => void execFileSync('redis-cli', ['-p', `${port}`, 'flushall'], { stdio: 'ignore' }),
    async restart(awayMs: number): Promise<void> {
      await end('SIGKILL')
      await delay(awayMs)
      server = await launch()
    },
    async pause(lengthMs: number): Promise<void> {
      server.kill('SIGSTOP')
      await delay(lengthMs)
      server.kill('SIGCONT')
    },
    async stop(): Promise<void> {
      await relay.close()
      await end('SIGKILL')
    },
  }
}
