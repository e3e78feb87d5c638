import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FailPoints } from './fail-points.ts'
import type { Relay } from './postgres-relay.ts'

const GMAIL = '/gmail/v1/users/me/'

/**
 * Stands between one process and those that it calls over HTTP, and tells of every call. Whoever else comes, after that
 * process is gone, is let through.
 * @param originOf where a path leads
 */
export async function relayHttp(originOf: (path: string) => string, points: FailPoints): Promise<Relay> {
  const agent = new http.Agent({ keepAlive: true })
  const server = http.createServer(async (request, response) => {
    const path = request.url ?? '/'
    const isOurs = !isGone
    const effect = isOurs ? points.begin(`${request.method} ${callName(path)}`) : null
    if (isOurs && !effect) return void request.destroy()
    const answer = await forwarded(request, new URL(path, originOf(path)), agent)
    if (effect && !points.end(effect)) return void request.destroy()
    response.writeHead(answer.status, answer.headers).end(answer.body)
  })
  let isGone = false
  // Longer than any process waits: one that asks on a connection that is just being closed would have to ask again.
  server.keepAliveTimeout = 600_000
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut() {
      isGone = true
      server.closeAllConnections()
    },
    close() {
      server.closeAllConnections()
      server.close()
      agent.destroy()
    },
  }
}

/** Without what differs from one mail to the next. */
function callName(path: string): string {
  const [bare = ''] = path.split('?')
  return bare
    .replace(GMAIL, '')
    .replace(/(messages|threads|drafts)\/(?!send$)[^/]+/, '$1/{id}')
    .replace(/^\/hook.*/, 'webhook')
}

async function forwarded(request: http.IncomingMessage, url: URL, agent: http.Agent) {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const { host: _, ...headers } = request.headers
  const onward = http.request(url, { method: request.method ?? 'GET', headers, agent })
  onward.end(Buffer.concat(chunks))
  const [answer] = (await once(onward, 'response')) as [http.IncomingMessage]
  const body: Buffer[] = []
  for await (const chunk of answer) body.push(chunk)
  const { 'transfer-encoding': _chunked, ...answered } = answer.headers
  return { status: answer.statusCode ?? 502, headers: answered, body: Buffer.concat(body) }
}
