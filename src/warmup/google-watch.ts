import { randomUUID } from 'node:crypto'
import { failureOf, GoogleError } from '../domain/errors.ts'
import { admission, isOutage, nextProbe, type Outage, SIGHT_SECONDS } from '../domain/google-outage.ts'
import { GOOGLE_SUBJECT } from '../domain/incident.ts'
import type { Random } from '../domain/random.ts'
import type { Logger } from '../logger.ts'
import { closeOutage, type IncidentDependencies, openOutage } from './incidents.ts'

export type WatchDependencies = IncidentDependencies & { random: Random; log: Logger }

type Sighting = { at: number; failed: boolean }

/**
 * Keeps all processes from asking a Google that fails as a whole: many different accounts, not many tries of one. While it
 * does, one task at a time tries it; once one succeeded, a rising share goes on. What tasks ask is answered from memory, which
 * `refresh` brings up to what all processes know.
 */
export function createGoogleWatch(dependencies: WatchDependencies) {
  const { store, clock, random, log } = dependencies
  const process = randomUUID()
  const sightings = new Map<number, Sighting>()
  const probing = new Set<number>()
  let outage: Outage | null = null
  let last: GoogleError | null = null
  let refreshing: Promise<void> | null = null

  /** Null where a task of the account may begin; else when it may ask again. */
  async function waitOf(accountId: number): Promise<Date | null> {
    const now = clock.now()
    const answer = admission(outage, now, random)
    if (answer.kind === 'go') return null
    if (answer.kind === 'wait') return answer.until
    const next = nextProbe(now)
    if (await store.incidents.takeProbe(GOOGLE_SUBJECT, now, next)) {
      probing.add(accountId)
      if (outage?.closedAt === null) outage = { ...outage, nextProbeAt: next }
      return null
    }
    await refresh()
    const known = admission(outage, now, random)
    if (known.kind === 'go') return null
    return known.kind === 'wait' ? known.until : next
  }

  /** Google has answered something for the account, be it a refusal. Only who took the right to try ends an outage by it. */
  async function answered(accountId: number): Promise<void> {
    see(accountId, false)
    if (!probing.has(accountId) || outage?.closedAt !== null) return
    probing.delete(accountId)
    if (await isDone(closeOutage(dependencies))) end(outage)
  }

  function end(over: Outage): void {
    outage = { ...over, closedAt: clock.now(), nextProbeAt: null }
    sightings.clear()
    log.info('Google answers again')
  }

  async function failed(accountId: number, error: GoogleError): Promise<void> {
    see(accountId, true)
    last = error
    if (outage?.closedAt !== null && isOutage(seen())) await isDone(refresh())
  }

  /** What a task has done is not undone because nobody could be told of Google. */
  async function isDone(telling: Promise<void>): Promise<boolean> {
    try {
      await telling
      return true
    } catch (err) {
      log.warn({ err }, 'what was seen of Google could not be told; it will be')
      return false
    }
  }

  function see(accountId: number, hasFailed: boolean): void {
    sightings.set(accountId, { at: clock.now().getTime(), failed: hasFailed })
  }

  /** What this process has seen lately. */
  function seen() {
    const now = clock.now().getTime()
    // What was seen of an outage that is over counts no more.
    const since = Math.max(now - SIGHT_SECONDS * 1000, outage?.closedAt?.getTime() ?? 0)
    const ids: number[] = []
    let latest = 0
    for (const [accountId, { at, failed: hasFailed }] of sightings) {
      if (at < since) sightings.delete(accountId)
      else if (hasFailed) {
        ids.push(accountId)
        latest = Math.max(latest, at)
      }
    }
    const at = new Date(ids.length > 0 ? latest : now)
    return { ids, at, failing: ids.length, fine: sightings.size - ids.length, since: new Date(since) }
  }

  function refresh(): Promise<void> {
    refreshing ??= share().finally(() => {
      refreshing = null
    })
    return refreshing
  }

  async function share(): Promise<void> {
    const now = clock.now()
    const { ids, at, fine, since } = seen()
    const all = await store.googleSightings.share(process, { failing: ids, fine, at }, since)
    outage = all.outage
    // Only who has seen it itself can tell what it looks like.
    if (last === null || ids.length === 0 || outage?.closedAt === null || !isOutage(all)) return
    const nextTryAt = nextProbe(now)
    await openOutage(dependencies, { failure: failureOf(last), words: last.message, nextTryAt })
    outage = { openedAt: now, closedAt: null, nextProbeAt: nextTryAt }
    log.warn({ accounts: all.failing, reason: last.message }, 'Google fails for many accounts at once')
  }

  return {
    waitOf,
    answered,
    failed,
    refresh,
    /** A run is over: where it has not asked Google, the next try is another one's. */
    release: (accountId: number) => void probing.delete(accountId),
  }
}

/** Whether it is a failure of Google, or of the Cloud project, and not this account's. */
export function isGooglesFailure(error: unknown): error is GoogleError {
  return (
    error instanceof GoogleError &&
    (error.problem === 'api_disabled' || (error.problem === 'passing' && error.mayBeDone))
  )
}
