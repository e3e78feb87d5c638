import { createHash } from 'node:crypto'
import type { Placement, Sender, SenderDay } from './state/shapes.ts'

/**
 * Where a mail lands. An illustration only: the real filters of a mail provider are secret and far
 * richer. It is just lifelike enough that warming up has something to show.
 *
 * - A sender has a reputation between 0 and 1. A new one starts a little low, so that about one in
 *   four of its first mails lands in spam.
 * - Each day on which it sends helps a little: about two weeks of regular mail make it trusted.
 * - Replies to its mail and rescues of its mail from spam help; mail reported as spam hurts.
 * - Mail beyond twice its recent daily volume costs, mail by mail.
 * - What happens in a (UTC) day is only counted, and the counts move the reputation once the day is over. So
 *   the order in which a day's requests of different accounts come in is without influence.
 * - The dice are a hash of the seed, the sender, the recipient and the number of the mail: the same
 *   seed and the same mails give the same placements.
 */

const START = 0.6
const TRUSTED = 0.9
const PER_REGULAR_DAY = 0.02
const PER_REPLY = 0.004
const PER_RESCUE = 0.008
const PER_COMPLAINT = -0.02
const PER_MAIL_OVER_PACE = -0.01
const FREE_PER_DAY = 10
const DAYS_REMEMBERED = 7
const DAY_MS = 86_400_000

export const newcomer = (address: string): Sender => ({
  address,
  reputation: START,
  deliveries: 0,
  days: [],
  today: emptyDay(0),
})

export const emptyDay = (day: number): SenderDay => ({
  day,
  deliveries: 0,
  replies: 0,
  rescues: 0,
  complaints: 0,
})

/** The sender as the day of that time finds it: what an earlier day has counted has moved its reputation. */
export function asOf(sender: Sender, at: Date): Sender {
  const day = Math.floor(at.getTime() / DAY_MS)
  const { today, days } = sender
  if (day <= today.day) return sender
  const { deliveries: count } = today
  return {
    ...sender,
    reputation: clamp(sender.reputation + shiftOf(sender), 0.02, 0.98),
    days: count > 0 ? [...days, { day: today.day, count }].slice(-DAYS_REMEMBERED) : days,
    today: emptyDay(day),
  }
}

export const afterDelivery = (sender: Sender): Sender => ({
  ...counted(sender, 'deliveries'),
  deliveries: sender.deliveries + 1,
})
export const afterReply = (sender: Sender) => counted(sender, 'replies')
export const afterRescue = (sender: Sender) => counted(sender, 'rescues')
export const afterComplaint = (sender: Sender) => counted(sender, 'complaints')

export function place(seed: number, sender: Sender, recipient: string): Placement {
  const dice = draw(`${seed} ${sender.address} ${recipient} ${sender.deliveries}`)
  const spam = clamp((TRUSTED - sender.reputation) * 0.8, 0.005, 0.95)
  const promotions = (1 - sender.reputation) * 0.2
  if (dice < spam) return 'spam'
  return dice < spam + promotions ? 'promotions' : 'inbox'
}

function shiftOf({ today, days }: Sender): number {
  const mean = days.reduce((sum, { count }) => sum + count, 0) / Math.max(1, days.length)
  const pace = Math.floor(Math.max(FREE_PER_DAY, 2 * mean))
  return (
    (today.deliveries > 0 ? PER_REGULAR_DAY : 0) +
    today.replies * PER_REPLY +
    today.rescues * PER_RESCUE +
    today.complaints * PER_COMPLAINT +
    Math.max(0, today.deliveries - pace) * PER_MAIL_OVER_PACE
  )
}

const counted = (sender: Sender, what: Exclude<keyof SenderDay, 'day'>): Sender => ({
  ...sender,
  today: { ...sender.today, [what]: sender.today[what] + 1 },
})

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value))

const draw = (text: string) => createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32
