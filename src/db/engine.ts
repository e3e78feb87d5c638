import { DEFAULT_ENGINE, type EngineSettings } from '../domain/engine.ts'
import type { Database } from './connection.ts'
import { and, eq, getTableColumns, isNotNull, isNull } from './drizzle.ts'
import { engineSettings } from './schema.ts'

const { id: _id, ...columns } = getTableColumns(engineSettings)

/** The engine's settings, and since when it is stopped (null: it runs). */
export type Engine = EngineSettings & { stoppedAt: Date | null }
export const engineColumns = columns

const ID = 1

export function createEngine(db: Database) {
  return {
    async get(): Promise<Engine> {
      const [row] = await db.select(columns).from(engineSettings)
      return row ?? { ...DEFAULT_ENGINE, stoppedAt: null }
    },

    /** What is decided about the settings until the end of the transaction is decided by one at a time. */
    async lock(): Promise<Engine> {
      await db.select({ id: engineSettings.id }).from(engineSettings).for('no key update')
      return this.get()
    },

    async update(settings: EngineSettings): Promise<void> {
      await db.update(engineSettings).set(settings).where(eq(engineSettings.id, ID))
    },

    /**
     * Null lets sending go on. False where it was stopped, or was going on, already. Runs in the caller's transaction, once
     * the sends that are just being begun are.
     */
    async setStopped(stoppedAt: Date | null): Promise<boolean> {
      const wasOther = stoppedAt ? isNull(engineSettings.stoppedAt) : isNotNull(engineSettings.stoppedAt)
      const changed = await db
        .update(engineSettings)
        .set({ stoppedAt })
        .where(and(eq(engineSettings.id, ID), wasOther))
        .returning({ id: engineSettings.id })
      return changed.length > 0
    },
  }
}
