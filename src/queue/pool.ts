import type { EventEmitter } from 'node:events'
import type { PgPool } from 'bullmq'
import pg from 'pg'

const STATEMENTS_AT_ONCE = 4

/**
 * The connections that BullMQ's queues and workers share on Postgres: each worker listens on one, and may not have to wait
 * for it while others are closing theirs; all of them send their statements by a few more.
 * @param onLost told of every connection that fails, once
 */
export function openPool(url: string, onLost: (failure: Error) => void): PgPool {
  const open = (max: number) => {
    const pool = new pg.Pool({ connectionString: url, max, options: '-c search_path=bullmq' })
    // Of an idle connection's failure the pool tells as well.
    pool.on('error', () => {})
    pool.on('connect', (client) => rememberFailure(client, onLost))
    return pool
  }
  const listening = open(Number.POSITIVE_INFINITY)
  const statements = open(STATEMENTS_AT_ONCE)
  const shared: PgPool = {
    query: (text, params) => statements.query(text, params as unknown[]) as never,
    connect: () => listening.connect(),
    async end() {
      await Promise.all([listening.end(), statements.end()])
    },
    // Every queue and worker of BullMQ's would listen here, and go on doing so when it is closed.
    on: () => shared,
    removeAllListeners: () => shared,
  }
  return shared
}

/**
 * Between two statements of BullMQ's nobody listens to a connection that was handed out, and where one fails that nobody
 * listens to, Node ends the process (https://github.com/brianc/node-postgres/issues/2762). Here it is told to whoever
 * begins to listen afterwards: a worker that waits for jobs on the connection would wait in vain.
 */
function rememberFailure(client: EventEmitter, onLost: (failure: Error) => void): void {
  client.once('error', (failure) => {
    onLost(failure)
    client.on('newListener', (event, listener) => {
      // At once would be too early: BullMQ notes only after it listens which connection it is that it listens to.
      if (event === 'error') process.nextTick(listener, failure)
    })
  })
  // What a connection that failed says later, as that it is closed, is nothing new.
  client.on('error', () => {})
}
