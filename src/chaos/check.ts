import { onlyDeadCondemned } from './clauses/condemned.ts'
import { countsAgree } from './clauses/counts.ts'
import { eventsOnce } from './clauses/events.ts'
import { hoursHeld } from './clauses/hours.ts'
import { limitsHeld } from './clauses/limits.ts'
import { onlyOwnMail } from './clauses/own-mail.ts'
import { refreshedOnce } from './clauses/refreshes.ts'
import { sentOnce } from './clauses/sending.ts'
import { nothingLost, nothingStuck } from './clauses/waiting.ts'
import type { Facts } from './facts.ts'

/** A clause looks at the facts and tells each disagreement in words; none where it holds. */
export type Clause = (facts: Facts) => string[]

export const CLAUSES = {
  'every mail is sent once, and its row tells the truth': sentOnce,
  'nothing planned is lost': nothingLost,
  'nothing is stuck': nothingStuck,
  'no other mail is touched': onlyOwnMail,
  'daily limits hold, replies included': limitsHeld,
  'mail begins in its sender’s hours': hoursHeld,
  'a token is refreshed once per expiry': refreshedOnce,
  'no account is condemned whose grant lives': onlyDeadCondemned,
  'counts agree with the mails': countsAgree,
  'every event is told once': eventsOnce,
} satisfies Record<string, Clause>
export type ClauseName = keyof typeof CLAUSES

export type Disagreement = { clause: ClauseName; words: string }

/** Holds what the database says against what the simulated Google has seen, and both against what is promised. */
export function check(facts: Facts): Disagreement[] {
  return (Object.entries(CLAUSES) as [ClauseName, Clause][]).flatMap(([clause, look]) =>
    look(facts).map((words) => ({ clause, words })),
  )
}
