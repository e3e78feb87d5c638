import { createServer, type RequestListener, type Server } from 'node:http'

/** How long a client may take for each part of its work, in milliseconds, and how many of them are served at once. */
export type HttpLimits = {
  headersTimeout: number
  requestTimeout: number
  /** Node holds the two above against the clock this often: a limit is kept to that. */
  connectionsCheckingInterval: number
  /** Between two requests of one connection. */
  keepAliveTimeout: number
  /** Without a byte in either direction while an answer is made or read. */
  timeout: number
  maxConnections: number
}

/**
 * Whoever sends or reads a byte a second must not hold a connection for long (slowloris). Node’s own values: a minute
 * for the headers, five for a request, both looked at each half minute, no limit on reading or on connections.
 */
export const HTTP_LIMITS: HttpLimits = {
  headersTimeout: 10_000,
  // The largest body that is read has 20 kB.
  requestTimeout: 20_000,
  connectionsCheckingInterval: 2000,
  keepAliveTimeout: 5000,
  // The longest answers wait for Google several times over, 20 s each.
  timeout: 120_000,
  // A process has 1,024 open files where nobody has said otherwise, some of them to its stores and to Google.
  maxConnections: 800,
}

/** Headers and address together have 16 kB, which is Node’s own limit. */
export function createHttpServer(app: RequestListener, limits: HttpLimits = HTTP_LIMITS): Server {
  const { timeout, maxConnections, ...options } = limits
  const server = createServer(options, app)
  server.timeout = timeout
  server.maxConnections = maxConnections
  return server
}
