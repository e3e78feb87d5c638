import { clientSubject, type NewIncident, subjectOf } from '../domain/incident.ts'
import type { Database } from './connection.ts'
import { and, eq, isNull, lte, or } from './drizzle.ts'
import { incidents } from './schema.ts'

export type Incident = typeof incidents.$inferSelect
/** An open `app_refused`: while it is, only one refresh at a time tries the client again. */
export type Breaker = { words: string; nextTryAt: Date }

export function createIncidents(db: Database) {
  const isOpen = (subject: string) => and(eq(incidents.subject, subject), isNull(incidents.closedAt))

  return {
    /** The new incident; null where one is open for the same subject, which then goes on. */
    async open(incident: NewIncident, now: Date): Promise<Incident | null> {
      const { kind, failure, words } = incident
      const [opened] = await db
        .insert(incidents)
        .values({
          kind,
          subject: subjectOf(incident),
          accountId: incident.kind === 'needs_reauth' ? incident.accountId : null,
          failure,
          words,
          openedAt: now,
        })
        .onConflictDoNothing()
        .returning()
      return opened ?? null
    },

    /** The incident that is over now; null where none was open. */
    async close(subject: string, now: Date): Promise<Incident | null> {
      const [closed] = await db
        .update(incidents)
        .set({ closedAt: now, nextTryAt: null })
        .where(isOpen(subject))
        .returning()
      return closed ?? null
    },

    async breakerOf(clientKey: string): Promise<Breaker | null> {
      const [open] = await db
        .select({ words: incidents.words, nextTryAt: incidents.nextTryAt })
        .from(incidents)
        .where(isOpen(clientSubject(clientKey)))
      return open ? { words: open.words, nextTryAt: open.nextTryAt ?? new Date(0) } : null
    },

    /** Takes the sole right to try now what Google refuses, or Google itself; `next` is when somebody else may. */
    async takeProbe(subject: string, now: Date, next: Date): Promise<boolean> {
      const taken = await db
        .update(incidents)
        .set({ nextTryAt: next })
        .where(and(isOpen(subject), or(isNull(incidents.nextTryAt), lte(incidents.nextTryAt, now))))
        .returning({ id: incidents.id })
      return taken.length > 0
    },

    /** Ends what nobody has tried again since: no account uses such a client any more. */
    async closeIdleBreakers(triedBefore: Date, now: Date): Promise<void> {
      await db
        .update(incidents)
        .set({ closedAt: now, nextTryAt: null })
        .where(and(isNull(incidents.closedAt), lte(incidents.nextTryAt, triedBefore)))
    },

    async postponeProbe(subject: string, next: Date): Promise<void> {
      await db.update(incidents).set({ nextTryAt: next }).where(isOpen(subject))
    },
  }
}
