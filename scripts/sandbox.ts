import fs from 'node:fs'
import { startSandbox } from '../src/sandbox/server.ts'

const environment = process.env
const journal = environment.SANDBOX_JOURNAL || undefined

const sandbox = await startSandbox({
  host: environment.SANDBOX_HOST || '127.0.0.1',
  port: Number(environment.SANDBOX_PORT || 4010),
  publicOrigin: environment.SANDBOX_PUBLIC_ORIGIN || undefined,
  now: acceleratedClock(Number(environment.SANDBOX_SPEED || 1440)),
  client: {
    id: environment.SANDBOX_CLIENT_ID || 'sandbox-client.apps.googleusercontent.com',
    secret: environment.SANDBOX_CLIENT_SECRET || 'sandbox-secret',
  },
  redirectUris: () => listIn(environment.SANDBOX_REDIRECT_URIS),
  mailboxes: listIn(environment.SANDBOX_MAILBOXES),
  journal,
}).catch((error: Error) => {
  console.error(error.message)
  process.exit(1)
})

for (const [name, value] of Object.entries(sandbox.settings)) console.log(`${name}=${value}`)
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void sandbox.close().then(() => process.exit(0)))
}

/** Simulated time runs on from its first start, also while the sandbox is down: mail must not come from the future. */
function acceleratedClock(speed: number): () => Date {
  const start = journal === undefined ? Date.now() : rememberedStart(`${journal}.start`)
  return () => new Date(start + (Date.now() - start) * speed)
}

function rememberedStart(file: string): number {
  if (!fs.existsSync(file)) fs.writeFileSync(file, new Date().toISOString())
  return Date.parse(fs.readFileSync(file, 'utf8'))
}

function listIn(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}
