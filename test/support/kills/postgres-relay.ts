import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Effect, FailPoints } from './fail-points.ts'
import { messageReader, type PostgresMessage, stringsOf, writesOf } from './postgres-messages.ts'

export type Relay = { url: string; cut(): void; close(): void }

/**
 * Stands between one process and Postgres, and tells of every commit: of a statement that writes on its own, and of a
 * transaction that has written. It has happened once the server says that it is ready again.
 */
export async function relayPostgres(databaseUrl: string, points: FailPoints): Promise<Relay> {
  const { hostname, port } = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    if (points.isDead()) return void client.destroy()
    const database = connect(Number(port || 5432), hostname)
    for (const socket of [client, database]) {
      sockets.add(socket.setNoDelay())
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        database.destroy()
      })
    }
    const session = createSession(points)
    relay(client, database, messageReader({ isClient: true }), session.asked)
    relay(database, client, messageReader({ isClient: false }), session.answered)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(databaseUrl)
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: url.href,
    cut,
    close() {
      cut()
      server.close()
    },
  }
}

/** Passes whole messages on, for as long as `passes` lets them. */
function relay(
  from: Socket,
  to: Socket,
  read: (chunk: Buffer) => PostgresMessage[],
  passes: (message: PostgresMessage) => boolean,
): void {
  from.on('data', (chunk) => {
    const through: Buffer[] = []
    for (const message of read(chunk)) {
      if (!passes(message)) return
      through.push(message.bytes)
    }
    if (through.length > 0) to.write(Buffer.concat(through))
  })
}

/** What one connection is at. */
function createSession(points: FailPoints) {
  const statements = new Map<string, string>()
  const portals = new Map<string, string>()
  /** What the server has still to say that it is ready after, in order. */
  const awaited: (Effect | null)[] = []
  /** The writes of the open transaction; null outside of one. */
  let written: string[] | null = null
  let pending: Effect | null = null

  /** False where the process dies here. */
  function execute(statement: string): boolean {
    const command = statement.trim().toLowerCase()
    if (/^(begin|start transaction)\b/.test(command)) written = []
    else if (/^rollback\b(?! to)/.test(command)) written = null
    else if (/^commit\b/.test(command)) {
      const writes = written ?? []
      written = null
      if (writes.length > 0) return beginEffect(`commit: ${writes.join(', ')}`)
    } else {
      const writes = writesOf(statement)
      if (writes === '') return true
      if (written === null) return beginEffect(writes)
      written.push(writes)
    }
    return true
  }

  function beginEffect(name: string): boolean {
    pending = points.begin(name)
    return pending !== null
  }

  return {
    asked(message: PostgresMessage): boolean {
      if (points.isDead()) return false
      if (message.type === 'P') {
        const [name = '', statement = ''] = stringsOf(message, 2)
        statements.set(name, statement)
      } else if (message.type === 'B') {
        const [portal = '', name = ''] = stringsOf(message, 2)
        portals.set(portal, statements.get(name) ?? '')
      } else if (message.type === 'E') {
        const [portal = ''] = stringsOf(message, 1)
        return execute(portals.get(portal) ?? '')
      } else if (message.type === 'Q' || message.type === 'S') {
        if (message.type === 'Q' && !execute(stringsOf(message, 1)[0] ?? '')) return false
        awaited.push(pending)
        pending = null
      }
      return true
    },
    answered(message: PostgresMessage): boolean {
      if (points.isDead()) return false
      if (message.type !== 'Z') return true
      const effect = awaited.shift()
      return !effect || points.end(effect)
    },
  }
}
