import { DEFAULT_ENGINE, type EngineSettings } from '../domain/engine.ts'
import type { Database } from './connection.ts'
import { eq, getTableColumns } from './drizzle.ts'
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

    async update(settings: EngineSettings): Promise<void> {
      await db.update(engineSettings).set(settings).where(eq(engineSettings.id, ID))
    },

    async setStopped(stoppedAt: Date | null): Promise<void> {
      await db.update(engineSettings).set({ stoppedAt }).where(eq(engineSettings.id, ID))
    },
  }
}
