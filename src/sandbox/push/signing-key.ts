import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

/** Another one after each start, as Google changes its keys; made when it is first asked for, as that takes a while. */
export class SigningKey {
  #made: { privateKey: KeyObject; kid: string; publicKey: object } | undefined

  /** The public key as https://www.googleapis.com/oauth2/v3/certs tells Google's. */
  publicKeys() {
    const { kid, publicKey } = this.#key()
    return { keys: [{ ...publicKey, kid, use: 'sig', alg: 'RS256' }] }
  }

  signedToken(claims: object): string {
    const { privateKey, kid } = this.#key()
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const signed = `${encode({ alg: 'RS256', kid, typ: 'JWT' })}.${encode(claims)}`
    return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), privateKey).toString('base64url')}`
  }

  #key() {
    this.#made ??= freshKey()
    return this.#made
  }
}

function freshKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const publicKey = createPublicKey(privateKey).export({ format: 'jwk' })
  const kid = createHash('sha256').update(String(publicKey.n)).digest('hex').slice(0, 40)
  return { privateKey, kid, publicKey }
}
