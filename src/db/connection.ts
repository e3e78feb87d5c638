import type { PgDatabase } from 'drizzle-orm/pg-core'
import type { PostgresJsQueryResultHKT } from 'drizzle-orm/postgres-js'
import { arrayTypes } from './array-types.ts'
import { postgres } from './driver.ts'
import { drizzle } from './drizzle.ts'

/** A connection pool's database or one of its transactions: repositories can't tell them apart. */
export type Database = PgDatabase<PostgresJsQueryResultHKT>

export type Connection = { db: Database; close(): Promise<void> }

/** Told of every statement with its text, which names no value; what it returns is called when the statement is over. */
export type WatchStatement = (text: string) => () => void

/**
 * A process that stops in the middle of a transaction (frozen, or its machine cut off) holds its locks, and one of them
 * keeps everybody from handing out tasks. No transaction of ours waits for anything but the database.
 */
const IDLE_TRANSACTION_MS = 20_000

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
    fetch_types: false,
    types: arrayTypes,
    // Every statement is short: compiling one takes longer than running it.
    connection: {
      application_name: 'kindling',
      jit: false,
      idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
    },
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
function preparing<Client extends object>(
  client: Client,
  watch?: WatchStatement,
  isOver = () => false,
): Client {
  const { unsafe, begin, savepoint } = client as unknown as Asked
  const within = (open: NonNullable<Asked['begin']>) => async (work: Work) => {
    let isOwnOver = false
    try {
      return await open((own) => work(preparing(own, watch, () => isOwnOver || isOver())))
    } finally {
      isOwnOver = true
    }
  }
  const asked: Asked = {
    unsafe: (query, parameters = [], options = {}) => {
      if (isOver()) return unanswered()
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

/**
 * A transaction that has lost its connection is over for its caller at once, while its work may still go on; the driver
 * would send what that asks for, and its rollback, by whatever has become of the connection: in the middle of somebody
 * else's transaction, or kept by itself. Whoever gets no answer asks for nothing more.
 */
function unanswered() {
  const never: Promise<never> & { values?: () => unknown } = new Promise<never>(() => {})
  return Object.assign(never, { values: () => never })
}

/** The driver sends a statement when somebody waits for it by its own `then`: this waits without asking for it. */
function whenOver(asking: unknown, over: () => void): void {
  void Promise.prototype.then.call(asking, over, over)
}
