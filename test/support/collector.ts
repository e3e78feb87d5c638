import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export type Span = {
  name: string
  id: string
  parent: string
  trace: string
  attributes: Record<string, unknown>
}
export type Collector = AsyncDisposable & {
  endpoint: string
  spans: Span[]
  /** Every request as it came. */
  bodies: string[]
}

type Value = { stringValue?: string; intValue?: number | string; boolValue?: boolean; doubleValue?: number }
type Told = {
  name: string
  spanId: string
  parentSpanId?: string
  traceId: string
  attributes: { key: string; value: Value }[]
}

/** Takes traces by OTLP over HTTP, as JSON. https://opentelemetry.io/docs/specs/otlp/#otlphttp */
export async function startCollector(): Promise<Collector> {
  const spans: Span[] = []
  const bodies: string[] = []
  const server = createServer(async (request, response) => {
    const body = await text(request)
    bodies.push(`${request.url} ${body}`)
    const { resourceSpans = [] } = JSON.parse(body) as {
      resourceSpans?: { scopeSpans: { spans: Told[] }[] }[]
    }
    for (const told of resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)))
      spans.push({
        name: told.name,
        id: told.spanId,
        parent: told.parentSpanId ?? '',
        trace: told.traceId,
        attributes: Object.fromEntries(
          told.attributes.map(({ key, value }) => [key, Object.values(value)[0]]),
        ),
      })
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    bodies,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}
