import { createHash, randomBytes } from 'node:crypto'
import type { ApiScope } from '../domain/api-key.ts'
import type { Database } from './connection.ts'
import { and, desc, eq, isNull, sql } from './drizzle.ts'
import { apiKeys } from './schema.ts'

export type ApiKey = Omit<typeof apiKeys.$inferSelect, 'keyHash'>

const { id, name, scopes, createdAt, expiresAt, lastUsedAt, revokedAt } = apiKeys
const columns = { id, name, scopes, createdAt, expiresAt, lastUsedAt, revokedAt }

/** A key says what it is, so that it is recognised where it should not stand. */
const PREFIX = 'kindling_'
/** The time of the last use is exact to this: not every call writes. */
const LAST_USE_SECONDS = 60

/** Keys of the API. They live in the wall's time, because programs and people use them. */
export function createApiKeys(db: Database) {
  return {
    /** The key, which is kept nowhere; null where the name is taken. */
    async issue(wanted: {
      name: string
      scopes: readonly ApiScope[]
      expiresAt: Date | null
      now: Date
    }): Promise<string | null> {
      const key = PREFIX + randomBytes(32).toString('base64url')
      const issued = await db
        .insert(apiKeys)
        .values({
          name: wanted.name,
          keyHash: hashOf(key),
          scopes: [...wanted.scopes],
          createdAt: wanted.now,
          expiresAt: wanted.expiresAt,
        })
        .onConflictDoNothing()
        .returning({ id })
      return issued.length > 0 ? key : null
    },

    /** The key that is good at this time, marked as used; null for any other. */
    async use(key: string, now: Date): Promise<ApiKey | null> {
      const [found] = await db
        .select(columns)
        .from(apiKeys)
        .where(and(eq(apiKeys.keyHash, hashOf(key)), isNull(revokedAt)))
      if (!found || (found.expiresAt && found.expiresAt <= now)) return null
      const unused =
        found.lastUsedAt === null || now.getTime() - found.lastUsedAt.getTime() >= LAST_USE_SECONDS * 1000
      if (unused) await db.update(apiKeys).set({ lastUsedAt: now }).where(eq(id, found.id))
      return found
    },

    /** Those in use first, then the newest. */
    all(): Promise<ApiKey[]> {
      return db.select(columns).from(apiKeys).orderBy(sql`${revokedAt} is not null`, desc(id))
    },

    async revoke(keyId: number, now: Date): Promise<boolean> {
      const revoked = await db
        .update(apiKeys)
        .set({ revokedAt: now })
        .where(and(eq(id, keyId), isNull(revokedAt)))
        .returning({ id })
      return revoked.length > 0
    },
  }
}

function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex')
}
