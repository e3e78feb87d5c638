import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { createHttpServer, type HttpLimits } from '../../src/web/http-server.ts'

const SHORT: HttpLimits = {
  headersTimeout: 200,
  requestTimeout: 400,
  connectionsCheckingInterval: 50,
  keepAliveTimeout: 200,
  timeout: 1000,
  maxConnections: 5,
}
const HEAD = 'Host: x\r\nContent-Type: text/plain\r\n'

/** A server that reads what it is sent, and answers with as much as it is asked for. */
async function listen(limits: HttpLimits) {
  const server = createHttpServer((request, response) => {
    request.resume().on('end', () => response.end('x'.repeat(Number(request.headers['x-size'] ?? 2))))
  }, limits)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    server,
    open: () => connect(port, '127.0.0.1'),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Sends a byte now and then for as long as it may; resolves with what came back once the server has had enough. */
async function drip(socket: Socket, first: string, byte: string): Promise<string> {
  let answer = ''
  socket.on('data', (chunk) => {
    answer += chunk
  })
  socket.on('error', () => {})
  socket.write(first)
  const timer = setInterval(() => socket.writable && socket.write(byte), 20)
  // Not by events.once: that rejects where the connection is reset, which is one way to be let go.
  await new Promise((resolve) => socket.once('close', resolve))
  clearInterval(timer)
  return answer
}

test('whoever sends headers or a body a byte at a time is told that it took too long, and is let go', async () => {
  await using slow = await listen(SHORT)
  const [silent, headers, body] = await Promise.all([
    drip(slow.open(), '', ''),
    drip(slow.open(), `GET / HTTP/1.1\r\n${HEAD}x: `, 'y'),
    drip(slow.open(), `POST / HTTP/1.1\r\n${HEAD}Content-Length: 10000\r\n\r\n`, 'z'),
  ])
  for (const answer of [silent, headers, body]) expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout/)
})

test('a connection without a further request, or whose answer nobody reads, is let go', async () => {
  await using slow = await listen(SHORT)
  const idle = await drip(slow.open(), `GET / HTTP/1.1\r\n${HEAD}\r\n`, '')
  expect(idle).toMatch(/^HTTP\/1\.1 200 OK/)

  const deaf = slow.open()
  deaf.on('error', () => {})
  deaf.pause()
  deaf.write(`GET / HTTP/1.1\r\n${HEAD}x-size: 50000000\r\n\r\n`)
  const connections = () =>
    new Promise<number>((resolve) => slow.server.getConnections((_, count) => resolve(count)))
  await expect.poll(connections).toBe(1)
  await expect.poll(connections, { timeout: 10_000 }).toBe(0)
  deaf.destroy()
})

test('no more connections are held than were allowed, and once one is free another is served', async () => {
  await using slow = await listen({ ...SHORT, headersTimeout: 60_000, requestTimeout: 60_000 })
  const held = Array.from({ length: SHORT.maxConnections }, slow.open)
  await Promise.all(held.map((socket) => once(socket, 'connect')))
  const ask = () => drip(slow.open(), `GET / HTTP/1.1\r\n${HEAD}Connection: close\r\n\r\n`, '')
  await expect.poll(ask).toBe('')
  held[0]?.destroy()
  await expect.poll(ask).toContain('200 OK')
  for (const socket of held) socket.destroy()
})

test.each([
  ['no HTTP at all', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03'],
  ['two lengths', `POST / HTTP/1.1\r\n${HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`],
  [
    'a length and chunks',
    `POST / HTTP/1.1\r\n${HEAD}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ],
  ['no Host', 'GET / HTTP/1.1\r\n\r\n'],
  ['a header of two lines', 'GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n'],
  ['a NUL in a header', `GET / HTTP/1.1\r\n${HEAD}A: \0\r\n\r\n`],
  ['half a line ending', 'GET / HTTP/1.1\nHost: x\n\n'],
])('a request with %s is refused, and the next one is served', async (_, sent) => {
  await using server = await listen({ ...SHORT, maxConnections: 50 })
  expect(await drip(server.open(), sent, '')).toMatch(/^HTTP\/1\.1 4\d\d /)
  const next = `GET / HTTP/1.1\r\n${HEAD}Connection: close\r\n\r\n`
  expect(await drip(server.open(), next, '')).toContain('200 OK')
})
