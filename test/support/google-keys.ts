import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export type SignedBy = { kid: string; privateKey: Parameters<typeof sign>[2] }
/** Google's public keys, as it tells them, where the private ones are at hand: what no simulated Google signs can be signed. */
export type GoogleKeys = AsyncDisposable & {
  uri: string
  /** The key that is told first. */
  key: SignedBy
  asked(): number
  /** From now on this one is told as well. */
  publish(key: SignedBy): void
  /** From now on nothing is told, until it is called with 200. */
  answer(status: number, body?: string): void
}

export async function openGoogleKeys(): Promise<GoogleKeys> {
  const key = freshKey('first')
  const published = [key]
  let asked = 0
  let answer: { status: number; body: string | undefined } = { status: 200, body: undefined }
  const server = createServer((_request, response) => {
    asked += 1
    const keys = published.map(({ kid, privateKey }) => ({
      ...createPublicKey(privateKey as string).export({ format: 'jwk' }),
      kid,
      use: 'sig',
      alg: 'RS256',
    }))
    response.writeHead(answer.status, { 'cache-control': 'public, max-age=600' })
    response.end(answer.body ?? JSON.stringify({ keys }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    uri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/certs`,
    key,
    asked: () => asked,
    publish: (other) => void published.push(other),
    answer(status, body) {
      answer = { status, body }
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

export function freshKey(kid: string): SignedBy {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  return { kid, privateKey }
}

/** What Pub/Sub would sign, but for what is given. */
export function pushClaims(claims: object = {}) {
  const now = Math.floor(Date.now() / 1000)
  return {
    iss: 'https://accounts.google.com',
    aud: 'https://warm.example/hooks/gmail',
    azp: '110000000000000000001',
    sub: '110000000000000000001',
    email: 'push@p.iam.gserviceaccount.com',
    email_verified: true,
    iat: now,
    exp: now + 3600,
    ...claims,
  }
}

export function signedToken({ kid, privateKey }: SignedBy, claims: object, head: object = {}): string {
  const signed = [{ alg: 'RS256', kid, typ: 'JWT', ...head }, claims].map(encoded).join('.')
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), privateKey).toString('base64url')}`
}

export function encoded(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}
