import { Resolver } from 'node:dns/promises'
import { domainToASCII } from 'node:url'
import { inquireDkim } from '../domain/dkim.ts'
import { inquireDmarc } from '../domain/dmarc.ts'
import type { DomainFindings, Inquiry, RecordFinding, TxtAnswer } from '../domain/sender-authentication.ts'
import { inquireSpf } from '../domain/spf.ts'

export type ResolverSettings = {
  /** Addresses, with ports where they are not 53; undefined: the system's. */
  servers: string[] | undefined
  /** Of a whole look-up, however many names it takes. */
  timeoutMs: number
}
export type DomainResolver = ReturnType<typeof createResolver>

/** No such name, and no TXT record under it: all else says nothing of what the domain publishes. */
const NOT_THERE = ['ENOTFOUND', 'ENODATA']
const FAILURES: Record<string, string> = {
  ESERVFAIL: 'the DNS server failed (SERVFAIL)',
  EREFUSED: 'the DNS server refuses to answer',
  ECONNREFUSED: 'the DNS server can’t be reached',
  ETIMEOUT: 'the DNS server did not answer in time',
  ECANCELLED: 'the DNS server did not answer in time',
}

/** Looks up what domains publish about their mail. */
export function createResolver({ servers, timeoutMs }: ResolverSettings) {
  return {
    /**
     * What a domain publishes, with its DKIM keys under these selectors. Not for Google's own domains, see `isGoogles`.
     * A record that is not there is `fail`, one that could not be asked for `unknown`; it never throws for either.
     */
    async lookUp(domain: string, selectors: readonly string[]): Promise<DomainFindings> {
      // One for each look-up: to cancel is to cancel all that a resolver does, and the system's servers may change.
      const resolver = new Resolver({ timeout: Math.ceil(timeoutMs / 4), tries: 2 })
      if (servers) resolver.setServers(servers)
      const limit = new AbortController()
      const timer = setTimeout(() => {
        limit.abort()
        resolver.cancel()
      }, timeoutMs)
      const ask = (name: string) => askFor(name, resolver, limit.signal)
      const ascii = domainToASCII(domain) || domain
      try {
        const [spf, dkim, dmarc] = await Promise.all([
          conduct(inquireSpf(ascii), ask),
          conduct(inquireDkim(ascii, selectors), ask),
          conduct(inquireDmarc(ascii), ask),
        ])
        return { spf, dkim, dmarc }
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

async function conduct(inquiry: Inquiry, ask: (name: string) => Promise<TxtAnswer>): Promise<RecordFinding> {
  let step = inquiry.next()
  while (!step.done) step = inquiry.next(await ask(step.value))
  return step.value
}

async function askFor(name: string, resolver: Resolver, limit: AbortSignal): Promise<TxtAnswer> {
  const failed = (code: string) => ({ failure: FAILURES[code] ?? `the DNS look-up failed (${code})` })
  if (limit.aborted) return failed('ETIMEOUT')
  try {
    return { texts: (await resolver.resolveTxt(name)).map((chunks) => chunks.join('')) }
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException
    return NOT_THERE.includes(code) ? { texts: [] } : failed(code)
  }
}
