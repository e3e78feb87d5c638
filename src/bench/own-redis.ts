import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { freePort } from '../embedded/postgres.ts'

/** `pid` is null where somebody else has started it. */
export type FoundRedis = { url: string; pid: number | null }

/** The Redis that is there, or one of this machine's program that goes when the process ends; null where there is none. */
export async function findRedis(
  url: string | undefined,
  onStop: (close: () => Promise<void>) => void,
): Promise<FoundRedis | null> {
  if (url) return { url, pid: null }
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' })
  } catch {
    return null
  }
  const port = await freePort()
  const settings = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const server = spawn('redis-server', settings, { stdio: 'ignore' })
  onStop(async () => {
    server.kill()
    if (server.exitCode === null) await once(server, 'exit')
  })
  const own = `redis://127.0.0.1:${port}`
  const client = new Redis(own, { lazyConnect: true, retryStrategy: () => 50 })
  client.on('error', () => {})
  while ((await client.ping().catch(() => null)) !== 'PONG') await delay(20)
  client.disconnect()
  return { url: own, pid: server.pid as number }
}
