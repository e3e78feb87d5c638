import type { Database } from './connection.ts'
import { and, asc, eq, gt, isNotNull, sql } from './drizzle.ts'
import { accounts } from './schema.ts'
import { accountContext, type Sealer } from './sealing.ts'

/** Which keys the stored tokens are sealed with, and how they get the newest one. */
export function createTokenKeys(db: Database, sealer: Sealer) {
  const keyId = sql<string>`split_part(${accounts.oauthToken}, '.', 1)`
  const newest = sealer.keyIds[0] as string

  return {
    newest,

    /** How many tokens each key seals. */
    async inUse(): Promise<Map<string, number>> {
      const rows = await db
        .select({ keyId, tokens: sql<number>`count(*)::int` })
        .from(accounts)
        .where(isNotNull(accounts.oauthToken))
        .groupBy(keyId)
      return new Map(rows.map((row) => [row.keyId, row.tokens]))
    },

    /** The ids of keys that tokens are sealed with, and that are not at hand. */
    async missing(): Promise<string[]> {
      return [...(await this.inUse()).keys()].filter((id) => !sealer.keyIds.includes(id))
    },

    /**
     * Seals the next tokens that have an older key with the newest. A token that is refreshed meanwhile is left as it
     * is: that has just been sealed with the newest key of the process that refreshed it.
     * @param after the last account of the batch before, 0 for the first
     * @returns the last account of this batch, null where there is none left
     */
    async renew(after: number, batch: number): Promise<{ last: number; renewed: number } | null> {
      const old = await db
        .select({ id: accounts.id, sealed: accounts.oauthToken })
        .from(accounts)
        .where(and(isNotNull(accounts.oauthToken), sql`${keyId} <> ${newest}`, gt(accounts.id, after)))
        .orderBy(asc(accounts.id))
        .limit(batch)
      let renewed = 0
      for (const { id, sealed } of old) {
        if (sealed === null) continue
        const context = accountContext(id)
        const done = await db
          .update(accounts)
          .set({ oauthToken: sealer.seal(sealer.open(sealed, context), context) })
          .where(and(eq(accounts.id, id), eq(accounts.oauthToken, sealed)))
          .returning({ id: accounts.id })
        renewed += done.length
      }
      const last = old.at(-1)?.id
      return last === undefined ? null : { last, renewed }
    },
  }
}
