import { createHash, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Metrics } from './metrics.ts'

export type MetricsHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

const LOOPBACK_PEERS = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1'])
const LOOPBACK_HOSTS = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i

/**
 * Tells the metrics to who knows the token. Where there is none, to this machine alone: who comes by a loopback address
 * and asks for one, for a proxy on this machine passes on the name that its visitors asked for.
 */
export function metricsHandler(metrics: Metrics, token: string | undefined): MetricsHandler {
  return async function tellMetrics(request, response) {
    if (token === undefined ? !isLocal(request) : !knows(request, token)) {
      const expected =
        token === undefined
          ? 'METRICS_TOKEN is not set: only this machine is answered, by a loopback address'
          : 'expected the header Authorization: Bearer and METRICS_TOKEN'
      response.writeHead(token === undefined ? 403 : 401, {
        'content-type': 'text/plain; charset=utf-8',
        ...(token === undefined ? {} : { 'www-authenticate': 'Bearer' }),
      })
      response.end(`${expected}\n`)
      return
    }
    const text = await metrics.text()
    response.writeHead(200, { 'content-type': metrics.contentType, 'cache-control': 'no-store' }).end(text)
  }
}

/** `GET /metrics` for a process that serves nothing else. Rejects where the address can't be listened on. */
export async function serveMetrics(
  handler: MetricsHandler,
  { host, port }: { host: string; port: number },
): Promise<{ close(): Promise<void> }> {
  const server = createServer(async (request, response) => {
    if (request.method === 'GET' && request.url?.split('?')[0] === '/metrics')
      await handler(request, response).catch(() => void response.destroy())
    else response.writeHead(404).end()
  })
  server.listen(port, host)
  await once(server, 'listening')
  return {
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

function isLocal({ socket, headers }: IncomingMessage): boolean {
  return LOOPBACK_PEERS.has(socket.remoteAddress ?? '') && LOOPBACK_HOSTS.test(headers.host ?? '')
}

function knows({ headers }: IncomingMessage, token: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(headers.authorization ?? ''), hash(`Bearer ${token}`))
}
