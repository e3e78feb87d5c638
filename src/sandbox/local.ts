import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Sandbox, startSandbox } from './server.ts'

export const READY_MAILBOXES = [
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
  const portFile = join(folder, 'port')
  const sandbox = await startSandbox({
    now,
    // 0 takes any free port, the first time.
    port: Number(await readFile(portFile, 'utf8').catch(() => '0')),
    client: { id: 'sandbox-client.apps.googleusercontent.com', secret: 'sandbox-secret' },
    redirectUris: () => [redirectUri],
    mailboxes: READY_MAILBOXES,
    journal: join(folder, 'journal.jsonl'),
  })
  await writeFile(portFile, new URL(sandbox.origin).port)
  return sandbox
}

/** The sandbox's time begins in a week's first working hours, wherever its operator lives: mail is seen to move soon. */
export function mondayMorning(now: Date): Date {
  const monday = new Date(now)
  monday.setUTCDate(now.getUTCDate() - ((now.getUTCDay() + 6) % 7))
  monday.setUTCHours(6, 0, 0, 0)
  return monday
}
