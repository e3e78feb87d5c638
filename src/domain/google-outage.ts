import type { Random } from './random.ts'

/** What is taken for a failure of Google as a whole: so many accounts within so short a time, and as many as are well. */
export const SIGHT_SECONDS = 60
const LEAST_ACCOUNTS = 5

/** While Google fails, one task tries it so often; the others come back within a few seconds of the next try. */
export const PROBE_SECONDS = 20
const COME_BACK_SECONDS = 10
/** Once Google answers again, a rising share of the tasks is let through. */
const OPENING_SECONDS = 30
const LEAST_SHARE = 0.05

/** The last failure of Google as a whole; `nextProbeAt` is when a task may try it again. */
export type Outage = { openedAt: Date; closedAt: Date | null; nextProbeAt: Date | null }
/** A task may go on, it may take the right to try, or it waits. */
export type Admission = { kind: 'go' } | { kind: 'probe' } | { kind: 'wait'; until: Date }

/** Accounts whose last answer was a failure of Google, and those whose last answer was any other. */
export function isOutage({ failing, fine }: { failing: number; fine: number }): boolean {
  return failing >= LEAST_ACCOUNTS && failing >= fine
}

export function admission(outage: Outage | null, now: Date, random: Random): Admission {
  if (!outage) return { kind: 'go' }
  const { closedAt, nextProbeAt } = outage
  if (closedAt === null) {
    if (nextProbeAt === null || nextProbeAt <= now) return { kind: 'probe' }
    return { kind: 'wait', until: later(nextProbeAt, COME_BACK_SECONDS * random()) }
  }
  const seconds = (now.getTime() - closedAt.getTime()) / 1000
  if (seconds >= OPENING_SECONDS || random() < Math.max(LEAST_SHARE, seconds / OPENING_SECONDS))
    return { kind: 'go' }
  return { kind: 'wait', until: later(now, 1 + (OPENING_SECONDS - Math.max(0, seconds)) * random()) }
}

export function nextProbe(now: Date): Date {
  return later(now, PROBE_SECONDS)
}

function later(time: Date, seconds: number): Date {
  return new Date(time.getTime() + seconds * 1000)
}
