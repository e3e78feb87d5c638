import { acceleratedClock, type Clock, type ClockAnchor, wallClock } from '../domain/clock.ts'
import { OperatorError } from '../domain/errors.ts'
import type { Database } from './connection.ts'
import { sql } from './drizzle.ts'
import { accounts, clockAnchors } from './schema.ts'

export type SharedClock = { clock: Clock; stop(): Promise<void> }

const BEAT_MS = 2000
/** After so long without a beat of any process, warmup time is taken to have stood still. */
const STOPPED_AFTER_MS = 5 * BEAT_MS

/**
 * Warmup time at a speed above 1, the same for all processes on one database. It stands still while none of them
 * runs, and never goes back: after a stop it goes on one beat after the last one that was seen.
 * @param firstTime where warmup time begins in a new database
 */
export async function shareClock(db: Database, speed: number, firstTime: Date): Promise<SharedClock> {
  const anchor = await db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtext('kindling:clock'))`)
    const [known] = await tx.select().from(clockAnchors)
    if (!known && (await tx.select({ id: accounts.id }).from(accounts).limit(1)).length > 0)
      throw new OperatorError(
        'DATABASE_URL: expected a database without real accounts for a time that runs faster',
      )
    const now = wallClock.now()
    const isRunning = known?.speed === speed && now.getTime() - known.seenAt.getTime() < STOPPED_AFTER_MS
    if (known && isRunning) return known
    const next = { speed, wall: now, warmup: known ? afterLastBeat(known, known) : firstTime, seenAt: now }
    await tx
      .insert(clockAnchors)
      .values({ id: 1, ...next })
      .onConflictDoUpdate({ target: clockAnchors.id, set: next })
    return next
  })
  let beating: Promise<unknown> = Promise.resolve()
  const beat = () => {
    beating = db
      .update(clockAnchors)
      .set({ seenAt: wallClock.now() })
      .catch(() => {})
  }
  const timer = setInterval(beat, BEAT_MS)
  return {
    clock: acceleratedClock(anchor, speed),
    async stop() {
      clearInterval(timer)
      await beating
    },
  }
}

/** Whether warmup time has ever run at another speed than the wall's in this database. */
export async function isAccelerated(db: Database): Promise<boolean> {
  return (await db.select({ id: clockAnchors.id }).from(clockAnchors)).length > 0
}

function afterLastBeat(anchor: ClockAnchor, last: { speed: number; seenAt: Date }): Date {
  const ran = last.seenAt.getTime() + BEAT_MS - anchor.wall.getTime()
  return new Date(anchor.warmup.getTime() + ran * last.speed)
}
