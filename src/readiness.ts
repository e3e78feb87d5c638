import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from './db/connection.ts'
import { sql } from './db/drizzle.ts'
import { createSchemaAge } from './db/schema-age.ts'
import type { QueueBackend } from './queue/backend.ts'
import type { Warmup } from './warmup/dependencies.ts'
import type { Readiness } from './web/dependencies.ts'

const ANSWER_WITHIN_MS = 2000

/**
 * What the web process needs, and how long due tasks wait.
 * @param speed of warmup time: the age of a task is told in the wall's seconds
 */
export function createReadiness(
  { store, clock, log }: Pick<Warmup, 'store' | 'clock' | 'log'>,
  db: Database,
  backend: QueueBackend,
  speed: number,
): () => Promise<Readiness> {
  const isBehind = createSchemaAge(db)

  /** Why a part does not answer is for the log: the probe is public. */
  async function answer<T>(part: string, ask: () => Promise<T>): Promise<T | null> {
    try {
      const late = delay(ANSWER_WITHIN_MS, null, { ref: false })
      return await Promise.race([
        ask(),
        late.then(() => Promise.reject(new Error(`no answer in ${ANSWER_WITHIN_MS / 1000} s`))),
      ])
    } catch (err) {
      log.warn({ err, part }, 'not ready')
      return null
    }
  }

  async function secondsOverdue(): Promise<number> {
    const now = clock.now()
    const dueAt = (await store.figures.oldestDue(now)) ?? now
    return (now.getTime() - dueAt.getTime()) / 1000 / speed
  }

  return async () => {
    const [postgres, behind, queue, overdue] = await Promise.all([
      answer('postgres', () => db.execute(sql`select 1`)),
      answer('migrations', isBehind),
      answer('queue', () => backend.ping().then(() => true)),
      answer('tasks', secondsOverdue),
    ])
    return {
      parts: {
        postgres: postgres ? 'ok' : 'does not answer',
        migrations:
          behind === null
            ? 'not known'
            : behind
              ? 'the database is older than this version: run npm run migrate'
              : 'ok',
        queue: queue ? 'ok' : 'does not answer',
      },
      secondsOverdue: overdue,
    }
  }
}
