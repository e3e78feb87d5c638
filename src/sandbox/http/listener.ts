import http from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Reply, Request } from './exchange.ts'
import { type Faults, faultReply } from './faults.ts'
import { GoogleError } from './google-error.ts'

// https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages/send
const LARGEST_BODY = 35 * 1024 * 1024

export type Listener = { port: number; close(): Promise<void> }

export async function listen(
  address: { host: string; port: number },
  faults: Faults,
  answer: (request: Request) => Reply,
): Promise<Listener> {
  const server = http.createServer((incoming, outgoing) => {
    const answerWhileOpen = (request: Request) => (server.listening ? answer(request) : closed())
    serve(incoming, outgoing, faults, answerWhileOpen).catch(() => incoming.destroy())
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE'
      const place = `${address.host}:${address.port}`
      reject(taken ? new Error(`the sandbox cannot listen on ${place}: the port is taken`) : error)
    })
    server.listen(address.port, address.host, resolve)
  })
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('the sandbox has no port')
  return {
    port: bound.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function serve(
  incoming: http.IncomingMessage,
  outgoing: http.ServerResponse,
  faults: Faults,
  answer: (request: Request) => Reply,
): Promise<void> {
  const body = await readBody(incoming)
  if (body === undefined) return send(outgoing, tooLarge(), { close: true })
  const target = incoming.url ?? '/'
  const mark = target.indexOf('?')
  const request: Request = {
    method: incoming.method ?? 'GET',
    path: mark < 0 ? target : target.slice(0, mark),
    query: new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1)),
    headers: incoming.headers,
    body,
  }
  const fault = faults.take(request.method, request.path)
  if (fault?.delayMs) await delay(fault.delayMs)
  if (fault?.drop === 'before') return void incoming.socket.destroy()
  const reply = (fault && faultReply(fault, request.path)) ?? answer(request)
  if (fault?.drop === 'after') return void incoming.socket.destroy()
  send(outgoing, reply)
}

function send(outgoing: http.ServerResponse, reply: Reply, options = { close: false }): void {
  if (options.close) outgoing.setHeader('connection', 'close')
  const length = reply.status === 204 ? {} : { 'content-length': Buffer.byteLength(reply.body) }
  outgoing.writeHead(reply.status, { ...reply.headers, ...length })
  outgoing.end(reply.body)
}

/** The body, or undefined when it is too large; the rest of it is then read and forgotten. */
async function readBody(incoming: http.IncomingMessage): Promise<Buffer | undefined> {
  if (incoming.method === 'GET') return Buffer.alloc(0)
  const chunks: Buffer[] = []
  let length = Number(incoming.headers['content-length'] ?? 0)
  if (length > LARGEST_BODY) {
    incoming.resume()
    return undefined
  }
  length = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length <= LARGEST_BODY) chunks.push(chunk)
    else chunks.length = 0
  }
  return length > LARGEST_BODY ? undefined : Buffer.concat(chunks)
}

const tooLarge = () =>
  new GoogleError(413, 'uploadTooLarge', 'Request payload size exceeds the limit: 36700160 bytes.').toReply()

const closed = () => new GoogleError(503, 'backendError', 'The service is closed.').toReply()
