import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { connect } from '../../src/db/connection.ts'
import { sql } from '../../src/db/drizzle.ts'
import { type EmbeddedPostgres, freePort, startEmbeddedPostgres } from '../../src/embedded/postgres.ts'
import { fastFolder } from './fast-folder.ts'

export type Service = { url: string; from: string; stop(): Promise<void> }

/** Test databases need not outlive a crash of the machine; two files at once, and their processes, have many connections. */
const POSTGRES_SETTINGS = [
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'max_connections=300',
]

const given = (url: string, variable: string): Service => ({ url, from: variable, stop: async () => {} })

/** Postgres and Redis for a test run: what the environment names, else containers, else programs of this machine. */
export async function startServices(): Promise<{ postgres: Service; redis: Service | null }> {
  const { TEST_DATABASE_URL, TEST_REDIS_URL } = process.env
  const containers = TEST_DATABASE_URL && TEST_REDIS_URL ? null : await startContainers()
  const postgres = TEST_DATABASE_URL
    ? given(TEST_DATABASE_URL, 'TEST_DATABASE_URL')
    : (containers?.postgres ?? (await embeddedPostgres()))
  const redis = TEST_REDIS_URL
    ? given(TEST_REDIS_URL, 'TEST_REDIS_URL')
    : (containers?.redis ?? (await localRedis()))
  return { postgres, redis }
}

async function startContainers(): Promise<{ postgres: Service; redis: Service } | null> {
  try {
    execFileSync('docker', ['info'], { stdio: 'ignore', timeout: 5000 })
  } catch {
    return null
  }
  const { GenericContainer, Wait } = await import('testcontainers')
  const postgresImage = process.env.POSTGRES_IMAGE ?? 'postgres:18-alpine'
  const redisImage = process.env.REDIS_IMAGE ?? 'redis:8-alpine'
  try {
    const [postgres, redis] = await Promise.all([
      new GenericContainer(postgresImage)
        .withEnvironment({ POSTGRES_PASSWORD: 'test' })
        .withCommand(['postgres', ...POSTGRES_SETTINGS.flatMap((setting) => ['-c', setting])])
        .withExposedPorts(5432)
        .withWaitStrategy(Wait.forLogMessage('database system is ready to accept connections', 2))
        .start(),
      new GenericContainer(redisImage)
        .withCommand(['redis-server', '--save', '', '--appendonly', 'no'])
        .withExposedPorts(6379)
        .withWaitStrategy(Wait.forLogMessage(/Ready to accept connections/))
        .start(),
    ])
    const stop = (container: { stop(): Promise<unknown> }) => async () => void (await container.stop())
    return {
      postgres: {
        url: `postgres://postgres:test@${postgres.getHost()}:${postgres.getMappedPort(5432)}/postgres`,
        from: `a container of ${postgresImage}`,
        stop: stop(postgres),
      },
      redis: {
        url: `redis://${redis.getHost()}:${redis.getMappedPort(6379)}`,
        from: `a container of ${redisImage}`,
        stop: stop(redis),
      },
    }
  } catch (error) {
    console.warn(`A Docker engine answers, but its containers do not start (${(error as Error).message}).`)
    return null
  }
}

async function embeddedPostgres(): Promise<Service> {
  const folder = mkdtempSync(join(fastFolder(), 'kindling-test-'))
  await configure(await startEmbeddedPostgres(folder))
  const { url, stop } = await startEmbeddedPostgres(folder)
  return {
    url,
    from: 'the embedded Postgres',
    async stop() {
      await stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Some of the settings count from the next start on. */
async function configure({ url, stop }: EmbeddedPostgres): Promise<void> {
  const { db, close } = connect(url, { poolSize: 1 })
  for (const setting of POSTGRES_SETTINGS) await db.execute(sql.raw(`alter system set ${setting}`))
  await close()
  await stop()
}

/** A Redis of this machine's own program; null where it has none. `pid` is for who takes it away. */
export async function localRedis(): Promise<(Service & { pid: number }) | null> {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' })
  } catch {
    return null
  }
  const port = await freePort()
  const server = spawn(
    'redis-server',
    ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    {
      stdio: 'ignore',
    },
  )
  const url = `redis://127.0.0.1:${port}`
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => 50 })
  client.on('error', () => {})
  while ((await client.ping().catch(() => null)) !== 'PONG') await delay(20)
  client.disconnect()
  return {
    url,
    pid: server.pid as number,
    from: 'a redis-server of this machine',
    stop: () =>
      new Promise((resolve) => {
        server.once('exit', () => resolve())
        server.kill()
      }),
  }
}
