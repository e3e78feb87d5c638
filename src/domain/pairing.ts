import { type Random, shuffled } from './random.ts'

/** A mailbox that a conversation may be started with. */
export type Partner = {
  accountId: number
  /** How many more mails it may be sent today. */
  capacity: number
  /** How many conversations this sender started with it lately. */
  recentConversations: number
}

/**
 * Picks up to `count` recipients: the ones met least come first, chance decides among equals, and nobody is
 * picked a second time while somebody else with capacity has been met less.
 */
export function pickPartners(partners: readonly Partner[], count: number, random: Random): number[] {
  const open = shuffled(partners, random)
    .filter((partner) => partner.capacity > 0)
    .map((partner) => ({ ...partner }))
  const picked: number[] = []
  while (picked.length < count && open.length > 0) {
    const fewest = Math.min(...open.map((partner) => partner.recentConversations))
    const index = open.findIndex((partner) => partner.recentConversations === fewest)
    const partner = open[index]
    if (!partner) break
    picked.push(partner.accountId)
    partner.recentConversations += 1
    partner.capacity -= 1
    if (partner.capacity === 0) open.splice(index, 1)
  }
  return picked
}
