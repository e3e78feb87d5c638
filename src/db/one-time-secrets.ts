import { createHash, randomBytes } from 'node:crypto'
import type { Database } from './connection.ts'
import { and, eq, gt, lt } from './drizzle.ts'
import { oauthStates, signInLinks } from './schema.ts'
import { SealError, type Sealer } from './sealing.ts'

const STATE_MINUTES = 10
const LINK_MINUTES = 24 * 60

/**
 * Secrets that work once and for a while: the `state` of a visit to Google, and sign-in links. The database holds
 * only their hashes. They live in the wall's time, because people use them.
 */
export function createOneTimeSecrets(db: Database, sealer: Sealer) {
  return {
    /** Keeps `payload` (JSON) for the visitor who comes back with the returned state within ten minutes. */
    async issueState(payload: object, now: Date): Promise<string> {
      const state = newSecret()
      await db.delete(oauthStates).where(lt(oauthStates.expiresAt, now))
      await db.insert(oauthStates).values({
        stateHash: hashOf(state),
        sealed: sealer.seal(JSON.stringify(payload), `oauth-state:${hashOf(state)}`),
        expiresAt: minutesAfter(now, STATE_MINUTES),
      })
      return state
    },

    /** The payload, at its first use in time; null ever after. */
    async redeemState(state: string, now: Date): Promise<unknown> {
      const stateHash = hashOf(state)
      const [row] = await db
        .delete(oauthStates)
        .where(and(eq(oauthStates.stateHash, stateHash), gt(oauthStates.expiresAt, now)))
        .returning()
      return row ? opened(row.sealed, `oauth-state:${stateHash}`) : null
    },

    /** A document as a text that only we can read or make, to travel in a link. It is kept nowhere. */
    sealLink(link: object): string {
      return sealer.seal(JSON.stringify(link), 'link')
    },

    openLink(text: string): unknown {
      return opened(text, 'link')
    },

    /** A sign-in token that works once, within a day. */
    async issueSignIn(now: Date): Promise<string> {
      const token = newSecret()
      await db.delete(signInLinks).where(lt(signInLinks.expiresAt, now))
      await db
        .insert(signInLinks)
        .values({ tokenHash: hashOf(token), expiresAt: minutesAfter(now, LINK_MINUTES) })
      return token
    },

    async redeemSignIn(token: string, now: Date): Promise<boolean> {
      const used = await db
        .delete(signInLinks)
        .where(and(eq(signInLinks.tokenHash, hashOf(token)), gt(signInLinks.expiresAt, now)))
        .returning()
      return used.length > 0
    },
  }

  /** Null for what was not sealed here, or with a key that is gone. */
  function opened(sealed: string, context: string): unknown {
    try {
      return JSON.parse(sealer.open(sealed, context))
    } catch (error) {
      if (error instanceof SealError) return null
      throw error
    }
  }
}

function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

function minutesAfter(now: Date, minutes: number): Date {
  return new Date(now.getTime() + minutes * 60_000)
}
