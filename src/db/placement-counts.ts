import type { Placement } from '../domain/message.ts'
import type { Database } from './connection.ts'
import { eq } from './drizzle.ts'
import { placementCounts } from './schema.ts'

export type PlacementCount = { domain: string; placement: Placement; mails: number }

export function createPlacementCounts(db: Database) {
  return {
    of(senderId: number): Promise<PlacementCount[]> {
      const { domain, placement, mails } = placementCounts
      return db
        .select({ domain, placement, mails })
        .from(placementCounts)
        .where(eq(placementCounts.senderId, senderId))
    },
  }
}
