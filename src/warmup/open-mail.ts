import { readingSchedule } from '../domain/account.ts'
import type { Bounce } from '../domain/delivery-status.ts'
import { chanceOf } from '../domain/message.ts'
import { isMissing, nextLook, soonInSchedule } from '../domain/pacing.ts'
import { CAME_BACK, type Outcome } from '../domain/task.ts'
import type { MessageRun, Warmup } from './dependencies.ts'
import { engage } from './engage.ts'
import { findBounce } from './find-bounce.ts'
import { lookForMail } from './find-mail.ts'
import { recordEnding } from './record-ending.ts'

/**
 * The recipient's turn: finds the mail by its stored Message-ID, records where it was, decides what to do with it, and
 * carries that out, the last of it after a while of reading. The decision is committed before the mailbox is touched, so
 * that a run that comes back after a crash sees the placement of the first look and decides nothing anew.
 */
export async function openMail(warmup: Warmup, run: MessageRun): Promise<Outcome> {
  const { clock } = warmup
  const { account: recipient, message } = run
  const now = clock.now()
  const awake = soonInSchedule(now, readingSchedule(recipient), chanceOf(message, 'awake'))
  if (awake > now) {
    const bounce = run.task.waitingFor === CAME_BACK ? await findBounce(warmup, run) : 'none'
    if (typeof bounce === 'object') return endBounced(warmup, run, bounce)
    return { kind: 'again', at: awake, reason: 'waking', untried: true }
  }

  const arrived = message.placement === null ? await lookForMail(warmup, run) : message
  if (arrived === 'changed') return decideAnew(clock.now())
  return arrived ? engage(warmup, { ...run, message: arrived }) : waitOrEnd(warmup, run)
}

/** Not there: it came back to its sender, or it is still under way, or, after a day of looking, it is missing. */
async function waitOrEnd(warmup: Warmup, run: MessageRun): Promise<Outcome> {
  const { message, task } = run
  const { clock } = warmup
  const bounce = await findBounce(warmup, run)
  const now = clock.now()
  const looks = task.looks + 1
  if (typeof bounce === 'object') return endBounced(warmup, run, bounce)
  const wasSenderAsked = bounce === 'none'
  const isOver = message.sentAt !== null && isMissing(message.sentAt, now, { looks, wasSenderAsked })
  if (!isOver) return { kind: 'again', at: nextLook(now, looks), reason: 'not arrived', looks }
  return (await recordEnding(warmup, run, { placement: 'missing' }, now)) ? { kind: 'done' } : decideAnew(now)
}

async function endBounced(warmup: Warmup, run: MessageRun, bounce: Bounce): Promise<Outcome> {
  const now = warmup.clock.now()
  return (await recordEnding(warmup, run, { placement: 'bounced', bounce }, now))
    ? { kind: 'done' }
    : decideAnew(now)
}

/** Something was decided elsewhere meanwhile: the next run sees it. */
function decideAnew(now: Date): Outcome {
  return { kind: 'again', at: now, reason: 'the rates have changed', untried: true }
}
