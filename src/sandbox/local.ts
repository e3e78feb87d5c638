import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type Sandbox, startSandbox } from './server.ts'

const MAILBOXES = [
  'anna.keller@northwind.example',
  'tom.fisher@northwind.example',
  'sofia.rossi@bluebird.example',
  'jonas.berg@bluebird.example',
  'maria.lopez@papermill.example',
  'daniel.novak@papermill.example',
]

/**
 * The sandbox of one folder: six ready mailboxes, and a journal and a port that stay the same from start to start,
 * because stored tokens name the address that refreshes them.
 */
export async function startLocalSandbox(options: {
  folder: string
  now: () => Date
  redirectUri: string
}): Promise<Sandbox> {
  const { folder, now, redirectUri } = options
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return startSandbox({
    now,
    port: await keptPort(join(folder, 'port')),
    client: { id: 'sandbox-client.apps.googleusercontent.com', secret: 'sandbox-secret' },
    redirectUris: () => [redirectUri],
    mailboxes: MAILBOXES,
    journal: join(folder, 'journal.jsonl'),
  })
}

async function keptPort(path: string): Promise<number> {
  const kept = Number(await readFile(path, 'utf8').catch(() => ''))
  if (kept > 0) return kept
  const port = await freePort()
  await writeFile(path, String(port))
  return port
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}
