import type { Account } from '../db/accounts.ts'
import { domainOf } from '../domain/account.ts'
import { failsAuthentication, isGoogles, isReserved } from '../domain/sender-authentication.ts'
import type { Warmup } from './dependencies.ts'

/** A look-up is good for so long, one that failed for less. */
const KNOWN_FOR_MS = 20 * 3_600_000
const UNKNOWN_FOR_MS = 3_600_000

/** Looks up what an account's domain publishes about its mail, where that is not known or was looked up too long ago. */
export async function knowSenderDomain(warmup: Warmup, account: Account): Promise<void> {
  const { store, clock } = warmup
  const domain = domainOf(account.email)
  if (!isLookedUp(domain)) return
  const known = await store.senderDomains.of(domain)
  const age = known ? clock.now().getTime() - known.checkedAt.getTime() : Number.POSITIVE_INFINITY
  const isUnknown = known !== null && Object.values(known.findings).some(({ state }) => state === 'unknown')
  if (age > (isUnknown ? UNKNOWN_FOR_MS : KNOWN_FOR_MS)) await lookUpSenderDomain(warmup, account)
}

/** Looks up what an account's domain publishes about its mail, and keeps it. */
export async function lookUpSenderDomain(
  { store, clock, resolver, log }: Warmup,
  account: Account,
): Promise<void> {
  const domain = domainOf(account.email)
  const { dkimSelectors } = await store.engine.get()
  const findings = await resolver.lookUp(domain, dkimSelectors)
  // A domain that failed goes on failing until somebody could look and saw that it passes.
  const isUnknown = Object.values(findings).some(({ state }) => state === 'unknown')
  const failedBefore = isUnknown && ((await store.senderDomains.of(domain))?.fails ?? false)
  const fails = failedBefore || failsAuthentication(findings)
  await store.senderDomains.save(domain, { findings, fails, checkedAt: clock.now() })
  log.info({ domain, fails }, 'sending domain looked up')
}

/** Google vouches for its own domains, and names that are kept for examples are in no DNS. */
export function isLookedUp(domain: string): boolean {
  return !isGoogles(domain) && !isReserved(domain)
}
