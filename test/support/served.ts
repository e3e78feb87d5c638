import { freePort } from '../../src/embedded/postgres.ts'
import { createLogger } from '../../src/logger.ts'
import { createQueueBackend } from '../../src/runtime.ts'
import { openTelemetry } from '../../src/telemetry.ts'
import { startWeb } from '../../src/web-server.ts'
import { openWorld, type World } from './world.ts'

/** The web server as an entry point wires it, on a free port, beside a world that counts what it does. */
export type Served = AsyncDisposable & {
  world: World
  url: string
  /** What Prometheus gets. */
  scrape(): Promise<string>
}

export async function openServed(options: Parameters<typeof openWorld>[0] = {}): Promise<Served> {
  const port = await freePort()
  const telemetry = await openTelemetry(
    { WARMUP_SPEED: 1, OTEL_SERVICE_NAME: 'kindling', HOST: '127.0.0.1' },
    { counts: true },
    () => {},
  )
  const environment = { ...options.environment, PORT: String(port) }
  const world = await openWorld({ ...options, environment, telemetry })
  const backend = createQueueBackend(world.config, createLogger('silent'))
  const web = await startWeb(world.config, world.runtime, backend)
  const url = `http://127.0.0.1:${port}`
  return {
    world,
    url,
    scrape: async () => (await fetch(`${url}/metrics`)).text(),
    async [Symbol.asyncDispose]() {
      await web.close()
      await backend.close()
      await world[Symbol.asyncDispose]()
    },
  }
}

/** The value of each line of a scrape, by its name and labels as they stand there. */
export function valuesOf(scrape: string): Map<string, number> {
  const lines = scrape.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]))
}
