import fs from 'node:fs'
import { wallClock } from '../src/domain/clock.ts'
import { startClock } from '../src/runtime.ts'
import { mondayMorning, READY_MAILBOXES } from '../src/sandbox/local.ts'
import { startSandbox } from '../src/sandbox/server.ts'

const environment = process.env
const journal = environment.SANDBOX_JOURNAL || undefined
const speed = Number(environment.SANDBOX_SPEED || 1440)
// Beside an app that runs in processes of its own, both take the time from the app's database.
const time = environment.SANDBOX_DATABASE_URL
  ? await sharedTime(environment.SANDBOX_DATABASE_URL)
  : { now: acceleratedClock(), stop: async () => {} }

const sandbox = await startSandbox({
  host: environment.SANDBOX_HOST || '127.0.0.1',
  port: Number(environment.SANDBOX_PORT || 4010),
  publicOrigin: environment.SANDBOX_PUBLIC_ORIGIN || undefined,
  now: time.now,
  client: {
    id: environment.SANDBOX_CLIENT_ID || 'sandbox-client.apps.googleusercontent.com',
    secret: environment.SANDBOX_CLIENT_SECRET || 'sandbox-secret',
  },
  redirectUris: () => listIn(environment.SANDBOX_REDIRECT_URIS),
  mailboxes: environment.SANDBOX_MAILBOXES ? listIn(environment.SANDBOX_MAILBOXES) : READY_MAILBOXES,
  journal,
}).catch((error: Error) => {
  console.error(error.message)
  process.exit(1)
})

for (const [name, value] of Object.entries(sandbox.settings)) console.log(`${name}=${value}`)
const close = () => sandbox.close().then(time.stop)
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void close().then(() => process.exit(0)))
}

async function sharedTime(DATABASE_URL: string) {
  const { clock, stop } = await startClock(
    { DATABASE_URL, WARMUP_SPEED: speed },
    mondayMorning(wallClock.now()),
  )
  return { now: clock.now, stop }
}

/** Simulated time runs on from its first start, also while the sandbox is down: mail must not come from the future. */
function acceleratedClock(): () => Date {
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
