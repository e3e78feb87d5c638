import type { EngineSettings } from './engine.ts'
import { addDays, type LocalDate, localDateOf } from './local-time.ts'
import { memoryDays } from './pairing.ts'

const DAY_MS = 86_400_000
/** What was sent on a day that has begun elsewhere and not yet here, or is not yet over there. */
const SPARE_DAYS = 2

/** Whom a sender met is read off its mail: so many days of it must be kept, or plans forget a cool-down. */
export function fewestMailDays(coolDownDays: number): number {
  return memoryDays(coolDownDays) + SPARE_DAYS
}

export type Cutoffs = {
  /** Conversations of which nothing happened since. */
  mail: Date
  events: Date
  handouts: Date
  /** What came into the mailboxes. */
  inbox: Date
  /** Local days before this one. */
  statistics: LocalDate
}

/** Before when history is not kept, each kind of it as the operator chose. */
export function cutoffs(engine: EngineSettings, now: Date): Cutoffs {
  const before = (days: number) => new Date(now.getTime() - days * DAY_MS)
  return {
    mail: before(Math.max(engine.keepMailDays, fewestMailDays(engine.coolDownDays))),
    events: before(engine.keepEventDays),
    handouts: before(Math.min(engine.keepHandoutDays, engine.keepEventDays)),
    inbox: before(engine.keepInboxDays),
    statistics: addDays(localDateOf(now, 'UTC'), -engine.keepStatisticsDays),
  }
}
