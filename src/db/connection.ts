import type { PgDatabase } from 'drizzle-orm/pg-core'
import type { PostgresJsQueryResultHKT } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import { drizzle } from './drizzle.ts'

/** A connection pool's database or one of its transactions: repositories can't tell them apart. */
export type Database = PgDatabase<PostgresJsQueryResultHKT>

export type Connection = { db: Database; close(): Promise<void> }

/** Told of every statement with its text, which names no value; what it returns is called when the statement is over. */
export type WatchStatement = (text: string) => () => void

/** Opens a pool; nothing is connected before the first query. */
export function connect(
  url: string,
  options: { poolSize: number; watch?: WatchStatement | undefined },
): Connection {
  const client = postgres(url, {
    max: options.poolSize,
    idle_timeout: 60,
    connect_timeout: 10,
    onnotice: () => {},
    // Every statement is short: compiling one takes longer than running it.
    connection: { application_name: 'kindling', jit: false },
  })
  return { db: drizzle(preparing(client, options.watch)), close: () => client.end({ timeout: 5 }) }
}

/** What Drizzle asks of a client, and of one that is in a transaction. */
type Asked = {
  unsafe(query: string, parameters?: unknown[], options?: object): unknown
  begin?(work: Work): Promise<unknown>
  savepoint?(work: Work): Promise<unknown>
}
type Work = (client: Asked) => unknown

/**
 * Drizzle has only named statements prepared, and tells the driver not to prepare the others: that costs a round trip and
 * half of a query's CPU each time (measured: 78 µs, prepared 35). Here whatever has parameters is prepared; the driver keeps
 * the statements of a connection for as long as that lives, an hour at most. `?prepare=false` in the URL turns it off.
 */
function preparing<Client extends object>(client: Client, watch?: WatchStatement): Client {
  const { unsafe, begin, savepoint } = client as unknown as Asked
  const within = (open: NonNullable<Asked['begin']>) => (work: Work) =>
    open((own) => work(preparing(own, watch)))
  const asked: Asked = {
    unsafe: (query, parameters = [], options = {}) => {
      const asking = unsafe(
        query,
        parameters,
        parameters.length > 0 ? { ...options, prepare: true } : options,
      )
      if (watch) whenOver(asking, watch(query))
      return asking
    },
    ...(begin ? { begin: within(begin) } : {}),
    ...(savepoint ? { savepoint: within(savepoint) } : {}),
  }
  return Object.assign(client, asked)
}

/** The driver sends a statement when somebody waits for it by its own `then`: this waits without asking for it. */
function whenOver(asking: unknown, over: () => void): void {
  void Promise.prototype.then.call(asking, over, over)
}
