import { createHash } from 'node:crypto'
import { GoogleError } from '../domain/errors.ts'
import { clientKey, clientSubject } from '../domain/incident.ts'
import type { ClientCredentials } from '../domain/token.ts'
import type { GoogleOAuth } from '../google/oauth.ts'
import { closeBreaker, type IncidentDependencies, openBreaker } from './incidents.ts'

/** A refused OAuth client is tried by one refresh a minute. */
const PROBE_SECONDS = 60

export type AppBreaker = ReturnType<typeof createAppBreaker>

/** Keeps every process from asking Google in the name of an OAuth client that it refuses, until one try says otherwise. */
export function createAppBreaker(dependencies: IncidentDependencies & { oauth: GoogleOAuth }) {
  const { store, clock, oauth } = dependencies
  const nextProbe = () => new Date(clock.now().getTime() + PROBE_SECONDS * 1000)

  /** Of our own client there is one secret, the environment's. */
  const keyOf = ({ clientId, clientSecret }: ClientCredentials) =>
    clientKey(
      clientId,
      clientId === oauth.client.clientId
        ? null
        : createHash('sha256').update(clientSecret).digest('hex').slice(0, 8),
    )

  return {
    /** Why nobody may ask with this client now; null where one may. */
    async refusalOf(client: ClientCredentials): Promise<GoogleError | null> {
      const key = keyOf(client)
      const breaker = await store.incidents.breakerOf(key)
      if (!breaker) return null
      const now = clock.now()
      const next = nextProbe()
      const isProbeDue = breaker.nextTryAt <= now
      if (isProbeDue && (await store.incidents.takeProbe(clientSubject(key), now, next))) return null
      return new GoogleError('app_refused', breaker.words, { retryAt: isProbeDue ? next : breaker.nextTryAt })
    },

    /** Google refuses the client: returns when it may be tried again. */
    async trip(client: ClientCredentials, words: string): Promise<Date> {
      const next = nextProbe()
      await openBreaker(dependencies, keyOf(client), words, next)
      return next
    },

    /** Google has accepted the client, if it ever refused it. */
    async accept(client: ClientCredentials): Promise<void> {
      const key = keyOf(client)
      if (await store.incidents.breakerOf(key)) await closeBreaker(dependencies, key)
    },
  }
}

/** Whether an answer that is no success still accepts the client: Google looks at it first (RFC 6749, 6). */
export function acceptsClient({ problem }: GoogleError): boolean {
  return problem === 'grant_revoked' || problem === 'domain_policy'
}
