import { OAuth2Client } from 'google-auth-library'
import { z } from 'zod'
import { createSigningKeys, type SigningKeysSettings } from './signing-keys.ts'

export type PushTokenSettings = SigningKeysSettings & {
  audience: string
  /** The address of the service account that signs in. */
  serviceAccount: string
}
/** What a token came to; `reason` is for the log, and repeats nothing of a token that Google has not signed. */
export type PushTokenCheck =
  | { kind: 'good' }
  | { kind: 'refused'; reason: string }
  /** Google's keys can't be had. */
  | { kind: 'unknown'; reason: string }
export type CheckPushToken = (token: string) => Promise<PushTokenCheck>

const ISSUERS = ['accounts.google.com', 'https://accounts.google.com']
const HEADER = z.object({ alg: z.literal('RS256'), kid: z.string().min(1) })
const CLAIMS = z.object({ aud: z.string(), email: z.string(), email_verified: z.literal(true) })
const LONGEST_SHOWN = 200

/**
 * Whether Google has signed a token for our push subscription:
 * https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions
 *
 * google-auth-library holds signature, issuer and times against each other, by the wall's time and with five minutes of grace.
 * Its own way to the keys is not gone: in Node it asks for certificates in another form, at each token where the answer may
 * not be kept, and again for each token that is junk. Its errors repeat the token.
 */
export function createPushTokenCheck(settings: PushTokenSettings): CheckPushToken {
  const keys = createSigningKeys(settings)
  const client = new OAuth2Client()

  return async function checkPushToken(token) {
    const header = HEADER.safeParse(headerOf(token))
    if (!header.success) return refused('it is no token signed by RS256')
    const { kid } = header.data
    const key = await keys.byId(kid)
    if (key.kind === 'unknown') return key
    if (key.kind === 'none') return refused('it is signed with none of Google’s keys')
    const ticket = await client
      .verifySignedJwtWithCertsAsync(token, { [kid]: key.pem }, undefined, ISSUERS)
      .catch(() => null)
    if (!ticket) return refused('its signature, its time or its issuer does not hold')

    const claims = CLAIMS.safeParse(ticket.getPayload())
    if (!claims.success) return refused('it names no audience, or no address that is verified')
    const { aud, email } = claims.data
    if (aud !== settings.audience)
      return refused(`its audience is ${shown(aud)}, not GMAIL_PUSH_AUDIENCE, ${settings.audience}`)
    if (email !== settings.serviceAccount)
      return refused(`it is ${shown(email)}’s, not GMAIL_PUSH_SERVICE_ACCOUNT’s, ${settings.serviceAccount}`)
    return { kind: 'good' }
  }
}

function refused(reason: string): PushTokenCheck {
  return { kind: 'refused', reason }
}

function headerOf(token: string): unknown {
  const parts = token.split('.')
  if (parts.length !== 3) return null
  try {
    return JSON.parse(Buffer.from(parts[0] ?? '', 'base64url').toString('utf8'))
  } catch {
    return null
  }
}

function shown(text: string): string {
  return text.slice(0, LONGEST_SHOWN)
}
