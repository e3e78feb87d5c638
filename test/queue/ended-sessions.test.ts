import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { jobOf } from '../../src/queue/backend.ts'
import { openPool } from '../../src/queue/pool.ts'
import { postgresBackend } from '../../src/queue/postgres-backend.ts'
import { READY } from '../support/kills/postgres-messages.ts'
import { openWorld } from '../support/world.ts'

// https://www.postgresql.org/docs/current/protocol-message-formats.html
const LISTENS = message('C', 'LISTEN\0')
const ENDED = message('E', 'SFATAL\0C57P01\0Mterminating connection due to administrator command\0\0')

/** When a session is ended, and whether what was asked for is answered before. */
type Strike = { when(data: Buffer, session: number): boolean; isAnswered: boolean }
const listening = (isAnswered: boolean): Strike => ({ when: (data) => data.includes(LISTENS), isAnswered })
const opened = (before: number): Strike => ({ when: (_, session) => session === before, isAnswered: true })

test.each<{ name: string; strikes: Strike[] }>([
  // The queue and the worker look at BullMQ's tables, each on a connection, and send their statements on others.
  ...[0, 1, 2, 3, 4].map((before) => ({
    name: `as it opens, after ${before} others`,
    strikes: [opened(before)],
  })),
  { name: 'as a worker listens', strikes: [listening(true)] },
  { name: 'before a worker listens', strikes: [listening(false)] },
  { name: 'before and again as a worker listens', strikes: [listening(false), listening(true)] },
])('a process whose session is ended $name lives on and does its jobs', async ({ strikes }) => {
  await using world = await openWorld({ backend: 'postgres' })
  await using ending = await endingSessions(world.config.DATABASE_URL, strikes)
  const backend = postgresBackend(ending.url, () => {})
  const queue = backend.queue('check')
  const done: unknown[] = []
  const worker = backend.worker('check', async (data) => void done.push(data), 1)
  const job = { taskId: 1, kind: 'check' as const, handout: 1 }
  try {
    const askMuch = () =>
      Promise.all(Array.from({ length: 4 }, () => backend.ping()))
        .catch(() => {})
        .then(ending.isDone)
    await expect.poll(askMuch).toBe(true)
    const add = () => queue.addBulk([jobOf(job)]).catch(() => null)
    await expect.poll(add).not.toBeNull()
    await expect.poll(() => done).toEqual([job])
  } finally {
    await Promise.all([queue.close(), worker.close()])
    await backend.close()
  }
})

test('who begins to listen to a connection that has failed is told of it', async () => {
  await using world = await openWorld({ backend: 'postgres' })
  await using ending = await endingSessions(world.config.DATABASE_URL, [opened(0)])
  const lost: Error[] = []
  const pool = openPool(ending.url, (failure) => lost.push(failure))
  try {
    const client = await pool.connect()
    expect(lost).toMatchObject([{ code: '57P01' }])
    const failure = new Promise((resolve) => client.on('error', resolve))
    expect(await failure).toBe(lost[0])
    client.release(true)
  } finally {
    await pool.end()
  }
})

function message(type: string, text: string): Buffer {
  const head = Buffer.alloc(5)
  head.write(type)
  head.writeInt32BE(4 + Buffer.byteLength(text), 1)
  return Buffer.concat([head, Buffer.from(text)])
}

/** A way to Postgres on which sessions are ended with the very bytes that say that they are ready. */
async function endingSessions(databaseUrl: string, strikes: readonly Strike[]) {
  const url = new URL(databaseUrl)
  const postgresPort = Number(url.port)
  const left = [...strikes]
  let sessions = 0
  const server = createServer((client) => {
    const session = sessions++
    const upstream = connect(postgresPort, '127.0.0.1')
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const)
      socket.on('error', () => {}).on('close', () => other.destroy())
    client.pipe(upstream)
    upstream.on('data', (data) => {
      const [next] = left
      const isReady = data.subarray(-READY.length).equals(READY)
      if (!isReady || !next?.when(data, session)) return client.write(data)
      left.shift()
      client.end(next.isAnswered ? Buffer.concat([data, ENDED]) : ENDED)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: url.href,
    isDone: () => left.length === 0,
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
}
