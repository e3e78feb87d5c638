import { Control } from './control/control.ts'
import { serveControl } from './control/serve.ts'
import { Quota } from './gmail/quota.ts'
import { serveGmail } from './gmail/serve.ts'
import { json, type Reply, type Request } from './http/exchange.ts'
import { Faults } from './http/faults.ts'
import { GoogleError } from './http/google-error.ts'
import { listen } from './http/listener.ts'
import { PATHS, serveOAuth } from './oauth/serve.ts'
import { tellingStore } from './push/notifications.ts'
import { Pusher } from './push/pusher.ts'
import { SigningKey } from './push/signing-key.ts'
import { openStore } from './state/store.ts'

const CERTS_PATH = '/oauth2/v3/certs'
const CERTS_ARE_KEPT = { 'cache-control': 'public, max-age=3600, must-revalidate' }

export type SandboxOptions = {
  host?: string
  /** 0, the default, takes any free port. */
  port?: number
  /** Where others reach it, when that is not where it listens. */
  publicOrigin?: string
  /** Simulated time, the only source of time but for pushes. */
  now: () => Date
  /** Of the placement model. */
  seed?: number
  /** The first client; once the journal knows it, the secret in there counts. */
  client: { id: string; secret: string }
  /** Only exact matches; asked at each authorization, as the app's port may be known late. */
  redirectUris: () => string[]
  /** Addresses of mailboxes that are ready, offered on the consent page. */
  mailboxes: string[]
  /** A file that keeps the state across a crash; without one it lives in memory. */
  journal?: string
}

export type Sandbox = {
  origin: string
  /** What the app is told by its environment. */
  settings: Record<string, string>
  control: Control
  close(): Promise<void>
}

/** A simulated Google: OAuth and Gmail over HTTP, on the loopback interface unless told otherwise. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const kept = openStore(options.journal, options.client.id)
  const faults = new Faults()
  const counts = new Map<string, number>()
  const now = () => new Date(options.now().getTime() + kept.state.clockOffsetMs)
  const key = new SigningKey()
  const pusher = new Pusher({ subscription: () => kept.state.push, key, now })
  const store = tellingStore(kept, now, (notification) => pusher.publish(notification))
  const seed = options.seed ?? 1
  const { client, redirectUris } = options
  const control = new Control({ store, now, seed, faults, counts, pusher, clientId: client.id })
  if (!store.state.clients.has(client.id)) control.addClient(client.id, client.secret)
  for (const address of options.mailboxes) control.createMailbox(address)

  const oauth = { store, now, redirectUris }
  const gmail = { store, now, seed, counts, quota: new Quota() }
  const answer = (request: Request): Reply => {
    try {
      if (request.path.startsWith('/gmail/')) return serveGmail(request, gmail)
      if (request.path.startsWith('/sandbox/')) return serveControl(request, control)
      if (request.path === CERTS_PATH) return json(key.publicKeys(), 200, CERTS_ARE_KEPT)
      return serveOAuth(request, oauth) ?? notServed(request)
    } catch (error) {
      if (error instanceof GoogleError) return error.toReply()
      console.error('The sandbox failed on', request.method, request.path, error)
      return new GoogleError(500, 'backendError', 'Internal error encountered.').toReply()
    }
  }
  const host = options.host ?? '127.0.0.1'
  const listener = await listen({ host, port: options.port ?? 0 }, faults, answer).catch((error: unknown) => {
    store.close()
    throw error
  })
  const origin = `http://${host.includes(':') ? `[${host}]` : host}:${listener.port}`
  return {
    origin,
    settings: settingsFor(options.publicOrigin ?? origin, store.state.clients.get(client.id) ?? client),
    control,
    close: async () => {
      await pusher.close()
      await listener.close()
      store.close()
    },
  }
}

const settingsFor = (origin: string, client: SandboxOptions['client']) => ({
  GOOGLE_AUTH_URI: `${origin}${PATHS.authorization}`,
  GOOGLE_TOKEN_URI: `${origin}${PATHS.token}`,
  GOOGLE_REVOKE_URI: `${origin}${PATHS.revocation}`,
  GOOGLE_USERINFO_URI: `${origin}${PATHS.userinfo}`,
  GOOGLE_CERTS_URI: `${origin}${CERTS_PATH}`,
  GOOGLE_API_ROOT: `${origin}/`,
  GOOGLE_CLIENT_ID: client.id,
  GOOGLE_CLIENT_SECRET: client.secret,
})

const notServed = (request: Request) =>
  new GoogleError(
    404,
    'notFound',
    `The requested URL ${request.path} was not found on this server.`,
  ).toReply()
