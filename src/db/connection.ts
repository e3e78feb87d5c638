import type { PgDatabase } from 'drizzle-orm/pg-core'
import type { PostgresJsQueryResultHKT } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import { drizzle } from './drizzle.ts'

/** A connection pool's database or one of its transactions: repositories can't tell them apart. */
export type Database = PgDatabase<PostgresJsQueryResultHKT>

export type Connection = { db: Database; close(): Promise<void> }

/** Opens a pool; nothing is connected before the first query. */
export function connect(url: string, options: { poolSize: number }): Connection {
  const client = postgres(url, {
    max: options.poolSize,
    idle_timeout: 60,
    connect_timeout: 10,
    onnotice: () => {},
    // Every statement is short: compiling one takes longer than running it.
    connection: { application_name: 'kindling', jit: false },
  })
  return { db: drizzle(client), close: () => client.end({ timeout: 5 }) }
}
