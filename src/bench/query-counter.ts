import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

// Here because both benchmarks count queries, and a script may not import another one.

export type QueryCounter = {
  /** Where to find the database so that what is asked of it counts. */
  url: string
  queries(): number
  mostConnections(): number
  close(): void
}

/**
 * A relay before the database that counts what is executed, by whichever client and for whatever reason.
 * https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export async function countQueries(databaseUrl: string): Promise<QueryCounter> {
  const { hostname, port } = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  let queries = 0
  let connections = 0
  let mostConnections = 0
  const relay = createServer((client) => {
    connections += 1
    mostConnections = Math.max(mostConnections, connections)
    client.on('close', () => {
      connections -= 1
    })
    const server = connect(Number(port || 5432), hostname)
    const read = messageReader((type) => {
      if (type === 'E' || type === 'Q') queries += 1
    })
    for (const socket of [client, server]) {
      sockets.add(socket.setNoDelay())
      socket.on('close', () => {
        client.destroy()
        server.destroy()
      })
      socket.on('error', () => {})
    }
    client.on('data', read)
    client.pipe(server)
    server.pipe(client)
  })
  relay.listen(0, '127.0.0.1')
  await once(relay, 'listening')
  const url = new URL(databaseUrl)
  url.host = `127.0.0.1:${(relay.address() as AddressInfo).port}`
  return {
    url: url.href,
    queries: () => queries,
    mostConnections: () => mostConnections,
    close() {
      for (const socket of sockets) socket.destroy()
      relay.close()
    },
  }
}

/** Says the type of each message in a client's stream; the first message of a connection has none. */
function messageReader(onMessage: (type: string) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0)
  let typeLength = 0
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= typeLength + 4) {
      const end = typeLength + rest.readUInt32BE(typeLength)
      if (rest.length < end) return
      onMessage(rest.toString('latin1', 0, typeLength))
      rest = rest.subarray(end)
      typeLength = 1
    }
  }
}
