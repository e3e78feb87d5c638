import { GoogleError } from '../domain/errors.ts'
import type { ClientCredentials } from '../domain/token.ts'
import { closeBreaker, type IncidentDependencies, openBreaker } from './incidents.ts'

/** A refused OAuth client is tried by one refresh a minute. */
const PROBE_SECONDS = 60

export type AppBreaker = ReturnType<typeof createAppBreaker>

/** Keeps every process from asking Google in the name of an OAuth client that it refuses, until one try says otherwise. */
export function createAppBreaker(dependencies: IncidentDependencies) {
  const { store, clock } = dependencies
  const nextProbe = () => new Date(clock.now().getTime() + PROBE_SECONDS * 1000)

  return {
    /** Why nobody may ask with this client now; null where one may. */
    async refusalOf({ clientId }: ClientCredentials): Promise<GoogleError | null> {
      const breaker = await store.incidents.breakerOf(clientId)
      if (!breaker) return null
      const now = clock.now()
      const next = nextProbe()
      const isProbeDue = breaker.nextTryAt <= now
      if (isProbeDue && (await store.incidents.takeProbe(clientId, now, next))) return null
      return new GoogleError('app_refused', breaker.words, { retryAt: isProbeDue ? next : breaker.nextTryAt })
    },

    /** Google refuses the client: returns when it may be tried again. */
    async trip({ clientId }: ClientCredentials, words: string): Promise<Date> {
      const next = nextProbe()
      await openBreaker(dependencies, clientId, words, next)
      return next
    },

    /** Google has accepted the client, if it ever refused it. */
    async accept({ clientId }: ClientCredentials): Promise<void> {
      if (await store.incidents.breakerOf(clientId)) await closeBreaker(dependencies, clientId)
    },
  }
}

/** Whether an answer that is no success still accepts the client: Google looks at it first (RFC 6749, 6). */
export function acceptsClient({ problem }: GoogleError): boolean {
  return problem === 'grant_revoked' || problem === 'domain_policy'
}
