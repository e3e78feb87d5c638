import type { Placement } from '../domain/message.ts'
import type { Database } from './connection.ts'
import { eq, sql } from './drizzle.ts'
import { placementCounts } from './schema.ts'

export type PlacementCount = { domain: string; placement: Placement; mails: number }

export function createPlacementCounts(db: Database) {
  return {
    async add(senderId: number, domain: string, placement: Placement): Promise<void> {
      await db
        .insert(placementCounts)
        .values({ senderId, domain, placement, mails: 1 })
        .onConflictDoUpdate({
          target: [placementCounts.senderId, placementCounts.domain, placementCounts.placement],
          set: { mails: sql`${placementCounts.mails} + 1` },
        })
    },

    of(senderId: number): Promise<PlacementCount[]> {
      const { domain, placement, mails } = placementCounts
      return db
        .select({ domain, placement, mails })
        .from(placementCounts)
        .where(eq(placementCounts.senderId, senderId))
    },
  }
}
