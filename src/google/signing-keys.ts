import { createPublicKey } from 'node:crypto'
import { z } from 'zod'
import { wordsOf } from '../domain/errors.ts'

export type SigningKeysSettings = {
  /** Where Google tells its public keys, as JWKs. */
  certsUri: string
  /** Longest wait for an answer, in real milliseconds. */
  timeoutMs: number
  /** Milliseconds that only rise. */
  elapsed?: () => number
}
export type KnownKey = { kind: 'known'; pem: string } | { kind: 'none' } | { kind: 'unknown'; reason: string }

/** Anybody may name a key that there is not: Google is not asked more often for that. */
const ASK_AGAIN_MS = 30_000
const KEPT_MS = { least: 60_000, most: 86_400_000 }
const KEYS = z.object({ keys: z.array(z.looseObject({ kid: z.string().min(1), kty: z.string() })) })

/** The keys with which Google signs its tokens. They change every few days, each told of before it is used. */
export function createSigningKeys({
  certsUri,
  timeoutMs,
  elapsed = () => performance.now(),
}: SigningKeysSettings) {
  let known: ReadonlyMap<string, string> = new Map()
  let goodUntil = Number.NEGATIVE_INFINITY
  let askAgainAt = Number.NEGATIVE_INFINITY
  let failure: string | null = null
  let asking: Promise<void> | null = null

  return {
    async byId(kid: string): Promise<KnownKey> {
      const isOver = elapsed() >= goodUntil
      if ((isOver || !known.has(kid)) && (asking || elapsed() >= askAgainAt)) {
        asking ??= ask().finally(() => {
          asking = null
        })
        await asking
      }
      const pem = elapsed() < goodUntil ? known.get(kid) : undefined
      if (pem !== undefined) return { kind: 'known', pem }
      return failure === null ? { kind: 'none' } : { kind: 'unknown', reason: failure }
    },
  }

  async function ask(): Promise<void> {
    askAgainAt = elapsed() + ASK_AGAIN_MS
    try {
      const answer = await fetch(certsUri, { redirect: 'error', signal: AbortSignal.timeout(timeoutMs) })
      known = pemsOf(await answer.json().catch(() => null))
      goodUntil = elapsed() + keptFor(answer.headers.get('cache-control'))
      failure = null
    } catch (error) {
      failure = `no keys from ${new URL(certsUri).host}: ${wordsOf(error)}`
    }
  }
}

function pemsOf(body: unknown): Map<string, string> {
  const read = KEYS.safeParse(body)
  if (!read.success) throw new Error('the answer is no list of keys')
  const keys = read.data.keys.filter(({ kty }) => kty === 'RSA')
  return new Map(
    keys.map(({ kid, ...key }) => [
      kid,
      createPublicKey({ key, format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString(),
    ]),
  )
}

function keptFor(cacheControl: string | null): number {
  const seconds = Number(/max-age=(\d+)/.exec(cacheControl ?? '')?.[1] ?? 0)
  return Math.min(Math.max(seconds * 1000, KEPT_MS.least), KEPT_MS.most)
}
