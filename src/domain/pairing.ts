import { type Random, shuffled } from './random.ts'

/** More than anybody is met, or a domain chosen. */
const RANK_SPAN = 100_000

const FEWEST_MEMORY_DAYS = 14

/** How many days back a sender remembers whom it met: through the whole cool-down, and long enough to write to all alike. */
export function memoryDays(coolDownDays: number): number {
  return Math.max(FEWEST_MEMORY_DAYS, coolDownDays)
}

/** A mailbox that a conversation may be started with. */
export type Partner = {
  accountId: number
  /** Of its address. */
  domain: string
  /** How many more mails it may be sent today. */
  capacity: number
  /** How many conversations this sender began with it lately. */
  met: number
  /** When the last of them left, or is to leave. */
  lastMetAt: Date | null
}

/** A partner that was chosen, and what spoke for it at that moment. */
export type Choice = {
  accountId: number
  met: number
  /** ISO 8601. */
  lastMetAt: string | null
  /** It was met within the cool-down: nobody else was free. */
  isCoolingDown: boolean
  /** How many could have been chosen, and how many of them were free, it included. */
  candidates: number
  free: number
}

/**
 * Chooses up to `count` recipients, one after the other. Whoever the sender has not met within the cool-down comes first;
 * among these whoever it met least, then the domain that was chosen least today; chance decides among equals. As every
 * sender takes those first that it met least, all of the pool is written to alike. The order of `partners` does not matter.
 * @param coolsSince who was met since then cools down; null: nobody does
 */
export function pickPartners(
  partners: readonly Partner[],
  count: number,
  { coolsSince }: { coolsSince: Date | null },
  random: Random,
): Choice[] {
  const inOrder = partners.toSorted((a, b) => a.accountId - b.accountId)
  let open = shuffled(inOrder, random)
    .filter(({ capacity }) => capacity > 0)
    .map((partner) => ({ ...partner, isCoolingDown: isRecent(partner.lastMetAt, coolsSince) }))
  let free = open.filter(({ isCoolingDown }) => !isCoolingDown).length
  const picksOf = new Map<string, number>()
  // One number whose size is the order of the three questions.
  const rank = ({ isCoolingDown, met, domain }: (typeof open)[number]) =>
    ((isCoolingDown ? 1 : 0) * RANK_SPAN + met) * RANK_SPAN + (picksOf.get(domain) ?? 0)
  const choices: Choice[] = []
  while (choices.length < count && open.length > 0) {
    const best = open.reduce((best, partner) => (rank(partner) < rank(best) ? partner : best))
    const { accountId, met, isCoolingDown, domain } = best
    const lastMetAt = best.lastMetAt?.toISOString() ?? null
    choices.push({ accountId, met, lastMetAt, isCoolingDown, candidates: open.length, free })
    picksOf.set(domain, (picksOf.get(domain) ?? 0) + 1)
    const cools = coolsSince !== null
    if (!isCoolingDown && cools) free -= 1
    best.met += 1
    best.isCoolingDown = cools
    best.capacity -= 1
    if (best.capacity === 0) {
      open = open.filter((partner) => partner !== best)
      if (!best.isCoolingDown) free -= 1
    }
  }
  return choices
}

function isRecent(lastMetAt: Date | null, coolsSince: Date | null): boolean {
  return lastMetAt !== null && coolsSince !== null && lastMetAt >= coolsSince
}
