import type { Database } from './connection.ts'
import { eq, sql } from './drizzle.ts'
import { textUses } from './schema.ts'

export function createTextUses(db: Database) {
  return {
    /** How often the account has begun a conversation with each text; texts that it never used are absent. */
    async of(accountId: number): Promise<Map<string, number>> {
      const rows = await db.select().from(textUses).where(eq(textUses.accountId, accountId))
      return new Map(rows.map(({ textKey, uses }) => [textKey, uses]))
    },

    async add(accountId: number, byText: ReadonlyMap<string, number>): Promise<void> {
      if (byText.size === 0) return
      await db
        .insert(textUses)
        .values([...byText].map(([textKey, uses]) => ({ accountId, textKey, uses })))
        .onConflictDoUpdate({
          target: [textUses.accountId, textUses.textKey],
          set: { uses: sql`greatest(0, ${textUses.uses} + excluded.uses)` },
        })
    },

    /** Over all accounts. */
    async total(): Promise<Map<string, number>> {
      const rows = await db
        .select({ textKey: textUses.textKey, uses: sql<number>`sum(${textUses.uses})::int` })
        .from(textUses)
        .groupBy(textUses.textKey)
      return new Map(rows.map(({ textKey, uses }) => [textKey, uses]))
    },
  }
}
