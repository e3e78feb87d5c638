import { setTimeout as delay } from 'node:timers/promises'
import { TASK_KINDS, type TaskKind } from '../domain/task.ts'
import type { Runtime } from '../runtime.ts'
import { castOf } from './cast.ts'
import type { RehearsalOptions, SpamSpell } from './options.ts'
import { connectPlayer, type Stage } from './stage.ts'

/** A Monday, at an hour at which everybody sleeps: each day of the rehearsal holds one local day of every account. */
export const START = new Date('2026-03-02T05:30:00Z')
export const FIRST_DAY = '2026-03-02'

const DAY_MS = 24 * 3_600_000
const MINUTE_MS = 60_000
/**
 * The clock moves in steps: what is due within one is done together, at its end. Those of what sends are longer than the
 * pause between two mails of an account, and short enough that as many mails as it may send in a day fit into its hours;
 * nobody minds when exactly a mail is read.
 */
const STEPS: readonly { kinds: readonly TaskKind[]; lengthMs: number }[] = [
  { kinds: ['open', 'check'], lengthMs: 20 * MINUTE_MS },
  { kinds: TASK_KINDS.filter((kind) => kind !== 'open' && kind !== 'check'), lengthMs: 5 * MINUTE_MS },
]
const GLANCE_MS = 20

export type Progress = { onDay?: () => void; signal?: AbortSignal }

/**
 * Connects everybody and lets the days pass. The clock jumps from one due task to the next, and stands still while
 * anything runs. Resolves with the number of jumps.
 * @throws the signal's reason where it was aborted
 */
export async function rehearse(
  stage: Stage,
  options: Pick<RehearsalOptions, 'warmup' | 'pool' | 'days' | 'spells'>,
  { onDay, signal }: Progress = {},
): Promise<{ steps: number }> {
  const players = castOf(options)
  for (const player of players) await connectPlayer(stage, player)
  let steps = 0
  for (let day = 1; day <= options.days; day += 1) {
    for (const [index, { email }] of players.slice(0, options.warmup).entries()) {
      const isSpam = options.spells.some((spell) => spell.sender === index + 1 && isWithin(spell, day))
      stage.sandbox.control.forcePlacement(isSpam ? 'spam' : undefined, email)
    }
    steps += await runUntil(stage, new Date(START.getTime() + day * DAY_MS), signal)
    onDay?.()
  }
  return { steps }
}

function isWithin({ firstDay, lastDay }: SpamSpell, day: number): boolean {
  return day >= firstDay && day <= lastDay
}

async function runUntil(
  { runtime, clock, dispatcher, queue }: Stage,
  end: Date,
  signal?: AbortSignal,
): Promise<number> {
  let steps = 0
  for (;;) {
    signal?.throwIfAborted()
    const next = await nextStep(runtime)
    if (next === null || next >= end.getTime()) break
    if (next > clock.now().getTime()) {
      clock.moveTo(new Date(next))
      steps += 1
    }
    // What is due and is not handed out has lost its lease, which has to run out first.
    if ((await dispatcher.dispatch()) === 0) await delay(GLANCE_MS)
    await queue.drained()
  }
  clock.moveTo(end)
  return steps
}

/** The end of the first step in which something is due; null where nothing is. */
async function nextStep({ warmup: { store, clock } }: Runtime): Promise<number | null> {
  const now = clock.now()
  const ends = await Promise.all(
    STEPS.map(async ({ kinds, lengthMs }) => {
      const due = await store.tasks.nextDueAt(kinds)
      if (due === null) return Number.POSITIVE_INFINITY
      return due <= now ? now.getTime() : Math.ceil(due.getTime() / lengthMs) * lengthMs
    }),
  )
  const next = Math.min(...ends)
  return next === Number.POSITIVE_INFINITY ? null : next
}
