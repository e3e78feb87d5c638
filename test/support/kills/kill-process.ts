import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { childEnvironment } from '../child-environment.ts'
import { redisUrl } from '../redis.ts'
import type { Backend, World } from '../world.ts'
import { createFailPoints, type FailPoints } from './fail-points.ts'
import { relayHttp } from './http-relay.ts'
import { relayPostgres } from './postgres-relay.ts'

/** A worker process that can be killed at any of its boundaries. */
export type KillProcess = AsyncDisposable & {
  points: FailPoints
  /** Where it is reached, and where it reaches others, over HTTP. */
  origin: string
  /** Has it hand out what is due; resolves with how many tasks that were, or null where it died. */
  dispatch(): Promise<number | null>
  gone: Promise<unknown>
}

/** @param hookOrigin where webhooks go */
export async function startKillProcess(
  world: World,
  backend: Backend,
  hookOrigin: string,
): Promise<KillProcess> {
  const { config, sandbox, clock } = world
  const points = createFailPoints(() => {
    child.kill('SIGKILL')
    database.cut()
    google.cut()
  })
  const database = await relayPostgres(config.DATABASE_URL, points)
  const google = await relayHttp((path) => (path.startsWith('/hook') ? hookOrigin : sandbox.origin), points)
  const settings = Object.entries(sandbox.settings).map(([name, value]) => [
    name,
    value.replace(sandbox.origin, google.url),
  ])
  const child = spawn(process.execPath, [fileURLToPath(new URL('kill-child.ts', import.meta.url))], {
    env: {
      ...childEnvironment(),
      ...Object.fromEntries(settings),
      DATABASE_URL: database.url,
      QUEUE_DATABASE_URL: config.DATABASE_URL,
      BASE_URL: config.BASE_URL,
      TOKEN_ENCRYPTION_KEYS: config.TOKEN_ENCRYPTION_KEYS[0]?.toString('base64'),
      LOG_LEVEL: 'error',
      GMAIL_UNITS_PER_MINUTE_PROJECT: String(config.GMAIL_UNITS_PER_MINUTE_PROJECT),
      ...(config.DNS_SERVERS ? { DNS_SERVERS: config.DNS_SERVERS.join(',') } : {}),
      ...(backend === 'redis' ? { REDIS_URL: redisUrl() as string } : {}),
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.on('error', () => {})
  const gone = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const first = await lines.next()
  if (first.done) throw new Error('the process did not start')
  return {
    points,
    origin: google.url,
    gone,
    async dispatch() {
      child.stdin.write(`${clock.now().toISOString()}\n`)
      const line = await lines.next()
      return line.done ? null : Number(line.value)
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end()
      await gone
      database.close()
      google.close()
    },
  }
}
