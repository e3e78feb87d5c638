import { readingSchedule } from '../domain/account.ts'
import { chanceOf } from '../domain/message.ts'
import { isMissing, nextLook, soonInSchedule } from '../domain/pacing.ts'
import type { Outcome } from '../domain/task.ts'
import type { MessageRun, Warmup } from './dependencies.ts'
import { engage } from './engage.ts'
import { lookForMail, recordMissing } from './find-mail.ts'

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
  if (awake > now) return { kind: 'again', at: awake, reason: 'waking', untried: true }

  const arrived = message.placement === null ? await lookForMail(warmup, run) : message
  return arrived ? engage(warmup, { ...run, message: arrived }) : waitOrMiss(warmup, run)
}

async function waitOrMiss(warmup: Warmup, run: MessageRun): Promise<Outcome> {
  const { message, task } = run
  const now = warmup.clock.now()
  const looks = task.looks + 1
  if (message.sentAt === null || !isMissing(message.sentAt, looks, now))
    return { kind: 'again', at: nextLook(now, looks), reason: 'not arrived', looks }
  await recordMissing(warmup, run)
  return { kind: 'done' }
}
