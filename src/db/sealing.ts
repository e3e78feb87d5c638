import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'
import { KEY_BYTES } from '../domain/token.ts'

/** Encrypts secrets that rest in the database. `context` says what a secret belongs to and must match to open it. */
export type Sealer = {
  seal(clear: string, context: string): string
  /** @throws SealError on another context, an unknown key, or anything that was not sealed here */
  open(sealed: string, context: string): string
  /** The ids of the keys, the one that seals first. */
  keyIds: readonly string[]
  /** Secrets for another purpose (cookie signatures), one per key, the newest first. */
  derive(purpose: string): string[]
}

export class SealError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'SealError'
  }
}

const IV_BYTES = 12
const TAG_BYTES = 16

/**
 * AES-256-GCM (NIST SP 800-38D) with a random 96-bit IV. A sealed secret reads `<key id>.<iv>.<ciphertext and tag>`,
 * base64url; a key's id is the first 8 hex digits of its SHA-256.
 * @param keys 32 bytes each; the first one seals, all of them open
 */
export function createSealer(keys: readonly Buffer[]): Sealer {
  const ring = new Map(keys.map((key) => [idOf(key), key]))
  const newest = keys[0]
  if (!newest) throw new SealError('no encryption key')
  const newestId = idOf(newest)

  return {
    keyIds: [...ring.keys()],
    seal(clear, context) {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv('aes-256-gcm', newest, iv)
      cipher.setAAD(Buffer.from(context))
      const body = Buffer.concat([cipher.update(clear, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return `${newestId}.${iv.toString('base64url')}.${body.toString('base64url')}`
    },
    open(sealed, context) {
      const [keyId, iv, body, ...rest] = sealed.split('.')
      if (!keyId || !iv || !body || rest.length > 0) throw new SealError('not a sealed secret')
      const key = ring.get(keyId)
      if (!key)
        throw new SealError(`sealed with key ${keyId.slice(0, 8)}, which is not among TOKEN_ENCRYPTION_KEYS`)
      const bytes = Buffer.from(body, 'base64url')
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(iv, 'base64url'), {
          authTagLength: TAG_BYTES,
        })
        decipher.setAAD(Buffer.from(context))
        decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
        return Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]).toString(
          'utf8',
        )
      } catch {
        throw new SealError(`a sealed secret does not open as ${context}`)
      }
    },
    derive: (purpose) =>
      keys.map((key) => Buffer.from(hkdfSync('sha256', key, '', purpose, KEY_BYTES)).toString('base64url')),
  }
}

/** What an account's token is bound to: moved to another row it does not open. */
export const accountContext = (accountId: number) => `account:${accountId}`
/** `key` is `<account>:<Gmail id>`. */
export const emailContext = (key: string) => `email:${key}`
export const routeContext = (routeId: number) => `mail-route:${routeId}`
export const webhookContext = (webhookId: number) => `webhook:${webhookId}`

function idOf(key: Buffer): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 8)
}
