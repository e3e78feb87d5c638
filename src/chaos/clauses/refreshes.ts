import type { Facts } from '../facts.ts'

/** Google's access tokens live an hour, and are replaced in its last minutes. */
const SHORTEST_LIFE_MS = 45 * 60_000

/** Two refreshes of one account are a token's life apart; but for those whose answer may have been lost. */
export function refreshedOnce({ ledger, forgivenRefreshes }: Facts): string[] {
  const latest = new Map<string, number>()
  const early: string[] = []
  for (const fact of ledger) {
    if (fact.kind !== 'refreshed') continue
    const at = new Date(fact.at).getTime()
    const before = latest.get(fact.mailbox)
    if (before !== undefined && at - before < SHORTEST_LIFE_MS)
      early.push(
        `${fact.mailbox} got a token at ${fact.at}, ${Math.round((at - before) / 1000)} s after its last`,
      )
    latest.set(fact.mailbox, at)
  }
  return early.length > forgivenRefreshes ? early : []
}
