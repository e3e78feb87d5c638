import type { Facts } from '../facts.ts'

/** An account waits for its owner only where Google says that the grant is over. */
export function onlyDeadCondemned({ accounts, ledger }: Facts): string[] {
  const ended = new Set(
    ledger.flatMap(({ kind, mailbox }) => (kind === 'revoked' || kind === 'ended' ? [mailbox] : [])),
  )
  return accounts
    .filter(({ status, email }) => status === 'needs_reauth' && !ended.has(email.toLowerCase()))
    .map(({ email, failure, lastError }) => `${email} is to be connected again (${failure}: ${lastError})`)
}
