import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { OperatorError } from '../domain/errors.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../embedded/postgres.ts'

/**
 * A database that goes when the process ends: of the embedded Postgres, or a new one on a server that is there.
 * @param settings of the embedded server, such as `max_connections = 200`; a server that is there keeps its own
 * @throws OperatorError where the server does not let one be made
 */
export async function ownDatabase(
  serverUrl: string | undefined,
  onStop: (close: () => Promise<void>) => void,
  settings: readonly string[] = [],
): Promise<string> {
  if (!serverUrl) {
    const folder = await mkdtemp(join(tmpdir(), 'kindling-bench-'))
    onStop(() => rm(folder, { recursive: true, force: true }))
    if (settings.length > 0) await configure(await startEmbeddedPostgres(folder), settings)
    const { url, stop } = await startEmbeddedPostgres(folder)
    onStop(stop)
    return url
  }
  const name = `kindling_bench_${randomBytes(6).toString('hex')}`
  const admin = postgres(serverUrl, { max: 1, onnotice: () => {} })
  onStop(() => admin.end({ timeout: 1 }))
  await admin`create database ${admin(name)}`.catch((error: Error) => {
    throw new OperatorError(`TEST_DATABASE_URL: expected a server to make a database on (${error.message})`)
  })
  onStop(async () => void (await admin`drop database ${admin(name)} with (force)`))
  const url = new URL(serverUrl)
  url.pathname = name
  return url.href
}

/** Some settings count from the next start on. */
async function configure({ url, stop }: EmbeddedPostgres, settings: readonly string[]): Promise<void> {
  const admin = postgres(url, { max: 1, onnotice: () => {} })
  for (const setting of settings) await admin.unsafe(`alter system set ${setting}`)
  await admin.end()
  await stop()
}
