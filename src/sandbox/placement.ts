import { createHash } from 'node:crypto'
import type { Placement, Sender } from './state/shapes.ts'

/**
 * Where a mail lands. An illustration only: the real filters of a mail provider are secret and far
 * richer. It is just lifelike enough that warming up has something to show.
 *
 * - A sender has a reputation between 0 and 1. A new one starts a little low, so that about one in
 *   four of its first mails lands in spam.
 * - Each further day on which it sends helps a little: about two weeks of regular mail make it trusted.
 * - Replies to its mail and rescues of its mail from spam help; mail reported as spam hurts.
 * - Mail beyond twice its recent daily volume costs, mail by mail.
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

export const newcomer = (address: string): Sender => ({
  address,
  reputation: START,
  deliveries: 0,
  days: [],
})

export const afterReply = (sender: Sender) => shifted(sender, PER_REPLY)
export const afterRescue = (sender: Sender) => shifted(sender, PER_RESCUE)
export const afterComplaint = (sender: Sender) => shifted(sender, PER_COMPLAINT)

export function afterDelivery(sender: Sender, at: Date): Sender {
  const day = Math.floor(at.getTime() / 86_400_000)
  const today = sender.days.find((entry) => entry.day === day)
  const earlier = sender.days.filter((entry) => entry.day !== day).slice(-DAYS_REMEMBERED)
  const mean = earlier.reduce((sum, entry) => sum + entry.count, 0) / Math.max(1, earlier.length)
  const count = (today?.count ?? 0) + 1
  const overPace = count > Math.max(FREE_PER_DAY, 2 * mean)
  const firstOfDay = today === undefined && earlier.length > 0
  const shift = (overPace ? PER_MAIL_OVER_PACE : 0) + (firstOfDay ? PER_REGULAR_DAY : 0)
  return {
    ...shifted(sender, shift),
    deliveries: sender.deliveries + 1,
    days: [...earlier, { day, count }],
  }
}

export function place(seed: number, sender: Sender, recipient: string): Placement {
  const dice = draw(`${seed} ${sender.address} ${recipient} ${sender.deliveries}`)
  const spam = clamp((TRUSTED - sender.reputation) * 0.8, 0.005, 0.95)
  const promotions = (1 - sender.reputation) * 0.2
  if (dice < spam) return 'spam'
  return dice < spam + promotions ? 'promotions' : 'inbox'
}

const shifted = (sender: Sender, by: number): Sender => ({
  ...sender,
  reputation: clamp(sender.reputation + by, 0.02, 0.98),
})

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value))

const draw = (text: string) => createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32
