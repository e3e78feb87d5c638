import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import session from 'express-session'
import { createDashboard } from '../../src/db/dashboard.ts'
import { createApp, type WebDependencies } from '../../src/web/app.ts'
import { pushTokenCheckFor } from '../../src/web-server.ts'
import { openWorld, type World } from '../support/world.ts'
import { Visitor } from './visitor.ts'

export const PASSWORD = 'a long enough password'

export type Site = AsyncDisposable & {
  world: World
  app: ReturnType<typeof createApp>
  url: string
  /** What was logged as an error. */
  errors: unknown[]
  visitor(): Visitor
  /** A visitor who came by a sign-in link. */
  operator(): Promise<Visitor>
}

/** The web part on a free port, before the real store and a simulated Google. */
export async function openSite(
  options: Partial<WebDependencies> = {},
  environment: Record<string, string> = {},
): Promise<Site> {
  const world = await openWorld({ environment })
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { warmup, db } = world.runtime
  const errors: unknown[] = []
  const app = createApp({
    warmup,
    dashboard: createDashboard(db),
    baseUrl: url,
    operatorPassword: PASSWORD,
    sessionSecrets: ['a secret of this test'],
    sessionStore: new session.MemoryStore(),
    ready: async () => ({ parts: { postgres: 'ok' }, secondsOverdue: 0 }),
    tellMetrics: async (_request, response) => void response.writeHead(404).end(),
    checkPushToken: pushTokenCheckFor(world.config),
    notice: null,
    wallNow: () => new Date(),
    log: {
      ...warmup.log,
      debug() {},
      info() {},
      warn() {},
      error: (...line: unknown[]) => errors.push(line),
    },
    ...options,
  })
  server.on('request', app)
  return {
    world,
    app,
    url,
    errors,
    visitor: () => new Visitor(url),
    async operator() {
      const visitor = new Visitor(url)
      await visitor.get(`/sign-in?token=${await warmup.store.oneTime.issueSignIn(new Date())}`)
      return visitor
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await world[Symbol.asyncDispose]()
    },
  }
}
