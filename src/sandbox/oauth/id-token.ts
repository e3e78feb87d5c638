import type { AccessToken } from '../state/shapes.ts'
import type { State } from '../state/state.ts'
import { EMAIL } from './scopes.ts'

/** Shaped like Google's, but its signature proves nothing: the keys that the sandbox publishes sign its pushes only. */
export function idToken(
  { clientId, mailbox, scopes }: AccessToken,
  state: Readonly<State>,
  at: Date,
  nonce: string | undefined,
): string {
  const iat = Math.floor(at.getTime() / 1000)
  const claims = {
    iss: 'https://accounts.google.com',
    azp: clientId,
    aud: clientId,
    sub: state.mailboxes.get(mailbox)?.sub,
    ...(scopes.includes(EMAIL) ? { email: mailbox, email_verified: true } : {}),
    ...(nonce === undefined ? {} : { nonce }),
    iat,
    exp: iat + 3600,
  }
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return [encode({ alg: 'none', typ: 'JWT' }), encode(claims), encode('sandbox')].join('.')
}
