import type { Batch } from '../db/batch.ts'
import type { Store } from '../db/store.ts'
import type { EngineSettings } from '../domain/engine.ts'
import { type Cutoffs, cutoffs } from '../domain/retention.ts'
import type { Outcome } from '../domain/task.ts'
import type { Warmup } from './dependencies.ts'

/** Rows that one short transaction looks at. */
const BATCH = 2000
/** Mails stand in many indexes, and have more than themselves to be looked at. */
const MAILS = 500
/** Batches of one run that took something away; then others get their turn. */
const MOST_BATCHES = 20
const PAUSE_SECONDS = 10
const NEXT_DAY_MS = 86_400_000

type Step = (retention: Store['retention'], before: Cutoffs, after: number) => Promise<Batch>

/** What is told of goes after what tells of it. */
const STEPS: readonly Step[] = [
  (retention, { handouts }, after) => retention.deleteHandouts(after, handouts, BATCH),
  (retention, { events }, after) => retention.deleteEvents(after, events, BATCH),
  (retention, { mail }, after) => retention.rollUpConversations(after, mail, MAILS),
  (retention, { statistics }, after) => retention.deleteDays(after, statistics, BATCH),
  (retention, { statistics }, after) => retention.deleteRolledUpDays(after, statistics, BATCH),
  (retention, { inbox }, after) => retention.deleteInbox(after, inbox, BATCH),
  (retention, _, after) => retention.deleteInboxOfRemoved(after, BATCH),
  (retention, { events }, after) => retention.deleteDeliveries(after, events, BATCH),
  (retention, { events }, after) => retention.deleteIncidents(after, events, BATCH),
]

/** Keeps history as long as the operator chose, and no longer: once a day, in batches. Cut off anywhere, it goes on later. */
export async function tidyHistory(
  { store, clock, log }: Warmup,
  engine: EngineSettings,
  signal: AbortSignal,
): Promise<Outcome> {
  const now = clock.now()
  const before = cutoffs(engine, now)
  let removed = 0
  let batches = 0
  for (const step of STEPS) {
    let batch: Batch = { last: 0, removed: 0 }
    while (batch) {
      if (signal.aborted || batches >= MOST_BATCHES) {
        log.info({ removed }, 'history is tidied up to here')
        return {
          kind: 'again',
          at: new Date(now.getTime() + PAUSE_SECONDS * 1000),
          reason: 'more to tidy up',
        }
      }
      batch = await step(store.retention, before, batch.last)
      if (batch && batch.removed > 0) batches += 1
      removed += batch?.removed ?? 0
    }
  }
  log.info({ removed }, 'history is tidy')
  return { kind: 'again', at: new Date(now.getTime() + NEXT_DAY_MS), reason: 'the next day' }
}
