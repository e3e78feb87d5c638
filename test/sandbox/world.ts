import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/server.ts'

export const REDIRECT = 'http://127.0.0.1:9/oauth/callback'
export const CLIENT = { id: 'test-client.apps.googleusercontent.com', secret: 'test-secret' }
export const GMAIL = 'https://www.googleapis.com/auth/gmail.'
export const SCOPES = `openid email ${GMAIL}modify`
export const ANNA = 'anna@sandbox.test'
export const BEN = 'ben@sandbox.test'

export const MINUTE = 60_000
export const DAY = 24 * 60 * MINUTE

export type World = AsyncDisposable & {
  sandbox: Sandbox
  /** Lets simulated time pass. */
  pass(milliseconds: number): void
  now(): Date
}

export async function openWorld(options: Partial<SandboxOptions> = {}): Promise<World> {
  let time = Date.parse('2026-03-02T10:00:00Z')
  const now = () => new Date(time)
  const sandbox = await startSandbox({
    now,
    client: CLIENT,
    redirectUris: () => [REDIRECT],
    mailboxes: [ANNA, BEN],
    ...options,
  })
  // Where a mail lands is the subject of its own tests.
  if (options.journal === undefined) sandbox.control.forcePlacement('inbox')
  return {
    sandbox,
    now,
    pass: (milliseconds) => {
      time += milliseconds
    },
    [Symbol.asyncDispose]: () => sandbox.close(),
  }
}
