import type { NewEvent } from '../domain/events.ts'
import type { Database } from './connection.ts'
import { events } from './schema.ts'

export function createEvents(db: Database) {
  return {
    async add(...newEvents: NewEvent[]): Promise<void> {
      if (newEvents.length > 0) await db.insert(events).values(newEvents)
    },
  }
}
