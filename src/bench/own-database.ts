import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { OperatorError } from '../domain/errors.ts'
import { startEmbeddedPostgres } from '../embedded/postgres.ts'

/**
 * A database that goes when the process ends: of the embedded Postgres, or a new one on a server that is there.
 * @throws OperatorError where the server does not let one be made
 */
export async function ownDatabase(
  serverUrl: string | undefined,
  onStop: (close: () => Promise<void>) => void,
): Promise<string> {
  if (!serverUrl) {
    const folder = await mkdtemp(join(tmpdir(), 'kindling-bench-'))
    onStop(() => rm(folder, { recursive: true, force: true }))
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
