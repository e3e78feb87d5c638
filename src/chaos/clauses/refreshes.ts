import type { Facts } from '../facts.ts'

/** Google's access tokens live an hour, and are replaced in its last minutes. */
const SHORTEST_LIFE_MS = 45 * 60_000

/**
 * Two refreshes of one account are a token's life apart. What makes one come earlier is counted: that Google rejected the
 * token, or that its answer to the refresh before was late, or was lost and never kept.
 */
export function refreshedOnce(facts: Facts): string[] {
  const { mayLoseAnswers, rejectedTokens, lateAnswers } = facts
  const early = earlyRefreshes(facts)
  const lost = lostAnswers(facts)
  return [
    ...(early.length > lost + rejectedTokens + lateAnswers ? early : []),
    ...(lost > mayLoseAnswers
      ? [`${lost} answers to refreshes were not kept, and ${mayLoseAnswers} may be`]
      : []),
  ]
}

function earlyRefreshes({ ledger }: Facts): string[] {
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
  return early
}

/** An account’s first token is version 1; each one that is kept, and its erasure, count one more. */
export function lostAnswers({ ledger, accounts }: Facts): number {
  const given = new Map<string, number>()
  for (const { kind, mailbox } of ledger)
    if (kind === 'refreshed') given.set(mailbox, (given.get(mailbox) ?? 0) + 1)
  return accounts.reduce((lost, { email, tokenVersion, isErased }) => {
    const kept = tokenVersion - 1 - (isErased ? 1 : 0)
    return lost + Math.max(0, (given.get(email.toLowerCase()) ?? 0) - kept)
  }, 0)
}
