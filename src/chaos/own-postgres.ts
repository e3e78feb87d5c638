import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import postgres from 'postgres'
import { startEmbeddedPostgres } from '../embedded/postgres.ts'
import { openRelay } from './relay.ts'

/** A Postgres of our own, to be maltreated. Who is to suffer goes by `url`; `quietUrl` is never cut. */
export type OwnPostgres = Awaited<ReturnType<typeof startOwnPostgres>>

/** @param folder where its data goes; it is not removed */
export async function startOwnPostgres(folder: string) {
  await allowConnections(folder)
  let server = await startEmbeddedPostgres(folder)
  const [relay, quiet] = [await openRelay(), await openRelay()]
  const lead = () => {
    for (const way of [relay, quiet]) way.leadTo(Number(new URL(server.url).port))
  }
  lead()

  return {
    url: through(server.url, relay.port),
    quietUrl: through(server.url, quiet.port),

    /** @param isCrash whether it gets no time to write down what it knows: its log must be enough */
    async restart(options: { isCrash: boolean; awayMs: number }): Promise<void> {
      if (options.isCrash) {
        // https://www.postgresql.org/docs/current/server-shutdown.html: an immediate shutdown
        const pid = Number(
          (await readFile(join(folder, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0],
        )
        process.kill(pid, 'SIGQUIT')
        while (isAlive(pid)) await delay(20)
        // There is nothing left to stop but what this process keeps of it.
        await server.stop().catch(() => {})
      } else await server.stop()
      await delay(options.awayMs)
      server = await startEmbeddedPostgres(folder)
      lead()
    },

    /** Ends so large a share of the sessions, chosen by their numbers. */
    async endSessions(share: number): Promise<void> {
      const admin = postgres(server.url, { max: 1, onnotice: () => {} })
      try {
        await admin`select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid() and pid % 100 < ${Math.round(share * 100)}`
      } finally {
        await admin.end()
      }
    },

    cut: relay.cut,

    async stop(): Promise<void> {
      await Promise.all([relay.close(), quiet.close()])
      await server.stop()
    },
  }
}

/** More than a default: of processes that were frozen or cut off, the server keeps some for a while. */
async function allowConnections(folder: string): Promise<void> {
  const { url, stop } = await startEmbeddedPostgres(folder)
  const admin = postgres(url, { max: 1, onnotice: () => {} })
  await admin`alter system set max_connections = 300`.finally(() => admin.end())
  await stop()
}

function through(url: string, port: number): string {
  const changed = new URL(url)
  changed.port = String(port)
  return changed.href
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
