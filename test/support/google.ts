import { GMAIL_SCOPES, IDENTITY_SCOPES } from '../../src/domain/token.ts'
import type { Endpoint } from '../../src/google/answers.ts'
import { createGmail, type GmailSettings, type Mailbox } from '../../src/google/gmail.ts'
import { createOAuth } from '../../src/google/oauth.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts'
import { type SteppedClock, steppedClock } from './stepped-clock.ts'

export type Google = AsyncDisposable & {
  clock: SteppedClock
  sandbox: Sandbox
  mailbox: Mailbox
  /** One request to an endpoint, by the adapter that the product has for it. */
  ask: Record<Endpoint, () => Promise<unknown>>
}

const ANNA = 'anna@example.com'
export const PATHS: Record<Endpoint, string> = {
  gmail: '^/gmail/',
  token: '/token$',
  revoke: '/revoke$',
  userinfo: '/userinfo$',
}

/** The adapters of Google with a simulated one, without an app around them. */
export async function openGoogle(gmailSettings: Partial<GmailSettings> = {}): Promise<Google> {
  const clock = steppedClock('2026-03-02T12:00:00Z')
  const client = { id: 'test-client', secret: 'test-secret' }
  const redirectUri = 'http://127.0.0.1:9/callback'
  const sandbox = await startSandbox({
    now: clock.now,
    client,
    redirectUris: () => [redirectUri],
    mailboxes: [ANNA],
  })
  const { settings } = sandbox
  const timeoutMs = 5000
  const oauth = createOAuth(
    {
      authUri: settings.GOOGLE_AUTH_URI ?? '',
      tokenUri: settings.GOOGLE_TOKEN_URI ?? '',
      revokeUri: settings.GOOGLE_REVOKE_URI ?? '',
      userinfoUri: settings.GOOGLE_USERINFO_URI ?? '',
      clientId: client.id,
      clientSecret: client.secret,
      redirectUri,
      timeoutMs,
    },
    clock,
  )
  const scopes = [...IDENTITY_SCOPES, ...GMAIL_SCOPES]
  const { accessToken, refreshToken } = sandbox.control.grant(ANNA, { scopes })
  const gmail = createGmail({ apiRoot: `${sandbox.origin}/`, timeoutMs, ...gmailSettings }, clock)
  const mailbox = gmail.open(accessToken)
  return {
    clock,
    sandbox,
    mailbox,
    ask: {
      gmail: () => mailbox.address(),
      token: () => oauth.refresh(refreshToken, oauth.client),
      userinfo: () => oauth.identify(accessToken),
      revoke: () => oauth.revoke(refreshToken),
    },
    [Symbol.asyncDispose]: () => sandbox.close(),
  }
}

/** What a call was rejected with; null where it was not. */
export async function rejectionOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => null,
    (error: unknown) => error,
  )
}
