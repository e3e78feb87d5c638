import type { DomainFindings } from '../domain/sender-authentication.ts'
import type { Database } from './connection.ts'
import { eq } from './drizzle.ts'
import { senderDomains } from './schema.ts'

export type SenderDomain = typeof senderDomains.$inferSelect

export function createSenderDomains(db: Database) {
  return {
    async of(domain: string): Promise<SenderDomain | null> {
      const [row] = await db.select().from(senderDomains).where(eq(senderDomains.domain, domain))
      return row ?? null
    },

    async save(
      domain: string,
      found: { findings: DomainFindings; fails: boolean; checkedAt: Date },
    ): Promise<void> {
      await db
        .insert(senderDomains)
        .values({ domain, ...found })
        .onConflictDoUpdate({ target: senderDomains.domain, set: found })
    },
  }
}
