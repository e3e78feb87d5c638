export const RECORD_STATES = ['pass', 'fail', 'unknown'] as const
/** `unknown`: nobody could look, which is no reason to blame the domain. */
export type RecordState = (typeof RECORD_STATES)[number]

/** One of the three records of a sending domain, and what to do about it. */
export type RecordFinding = {
  state: RecordState
  /** Where it was looked for. */
  name: string
  /** What stands there, or null. */
  found: string | null
  /** What is wrong with it, in words; null where nothing is. */
  problem: string | null
  /** What to publish under `name`, where something is wrong. */
  publish: string | null
}

export type DomainFindings = { spf: RecordFinding; dkim: RecordFinding; dmarc: RecordFinding }
