import type { Channel } from '../db/deliveries.ts'
import type { Store } from '../db/store.ts'
import type { Clock } from '../domain/clock.ts'
import type { NeedsReauthError } from '../domain/errors.ts'
import {
  accountSubject,
  COLLECT_SECONDS,
  clientSubject,
  GOOGLE_SUBJECT,
  type NewIncident,
  type NoticeEdge,
} from '../domain/incident.ts'
import type { TokenFailure } from '../domain/token-failure.ts'

/** What it takes to tell the operator; `mailsNotices` is whether this installation sends notices by mail. */
export type IncidentDependencies = { store: Store; clock: Clock; mailsNotices: boolean }

/** Marks an account as needing re-authentication, and tells of it: one fact. False where it has another token by now. */
export function condemnAccount(
  { store, clock, mailsNotices }: IncidentDependencies,
  accountId: number,
  version: number,
  { failure, message: words }: NeedsReauthError,
): Promise<boolean> {
  const now = clock.now()
  return store.transaction(async (tx) => {
    if (!(await tx.tokens.condemn(accountId, version, failure, words))) return false
    await tx.events.add({ kind: 'needs_reauth', at: now, accountId, data: { reason: words, failure } })
    // One that is still open was left so by somebody who knows of no incidents: the account did live in between.
    await tx.incidents.close(accountSubject(accountId), now)
    await open({ store: tx, clock, mailsNotices }, { kind: 'needs_reauth', accountId, failure, words })
    return true
  })
}

/** What an account was condemned for has turned out not to be so. Runs in the caller's transaction. */
export async function acquitAccount(
  dependencies: IncidentDependencies,
  accountId: number,
  version: number,
): Promise<void> {
  if (await dependencies.store.tokens.acquit(accountId, version)) await tellAcquittal(dependencies, accountId)
}

/** An account that was condemned lives after all. */
export function tellAcquittal(
  { store, clock, mailsNotices }: IncidentDependencies,
  accountId: number,
): Promise<void> {
  return store.transaction(async (tx) => {
    await tx.events.add({ kind: 'reconnected', at: clock.now(), accountId })
    await endReauthentication({ store: tx, clock, mailsNotices }, accountId)
  })
}

/** Google refuses an OAuth client: until `nextTryAt` nobody asks it with that client. No account is to blame. */
export function openBreaker(
  { store, clock, mailsNotices }: IncidentDependencies,
  clientKey: string,
  words: string,
  nextTryAt: Date,
): Promise<void> {
  return store.transaction(async (tx) => {
    const incident = { kind: 'app_refused', clientKey, failure: 'app_refused', words } as const
    if (await open({ store: tx, clock, mailsNotices }, incident))
      await tx.events.add({ kind: 'app_refused', at: clock.now(), accountId: null, data: { reason: words } })
    await tx.incidents.postponeProbe(clientSubject(clientKey), nextTryAt)
  })
}

/** Google has accepted the client again. */
export function closeBreaker(
  { store, clock, mailsNotices }: IncidentDependencies,
  clientKey: string,
): Promise<void> {
  return store.transaction(async (tx) => {
    if (await close({ store: tx, clock, mailsNotices }, clientSubject(clientKey)))
      await tx.events.add({ kind: 'app_accepted', at: clock.now(), accountId: null })
  })
}

/** Google fails as a whole: until `nextTryAt` no task asks it. No account is to blame. */
export function openOutage(
  { store, clock, mailsNotices }: IncidentDependencies,
  { failure, words, nextTryAt }: { failure: TokenFailure; words: string; nextTryAt: Date },
): Promise<void> {
  return store.transaction(async (tx) => {
    const incident = { kind: 'google_down', failure, words } as const
    if (!(await open({ store: tx, clock, mailsNotices }, incident))) return
    await tx.events.add({ kind: 'google_down', at: clock.now(), accountId: null, data: { reason: words } })
    await tx.incidents.postponeProbe(GOOGLE_SUBJECT, nextTryAt)
  })
}

/** Google answers again. */
export function closeOutage({ store, clock, mailsNotices }: IncidentDependencies): Promise<void> {
  return store.transaction(async (tx) => {
    if (await close({ store: tx, clock, mailsNotices }, GOOGLE_SUBJECT))
      await tx.events.add({ kind: 'google_up', at: clock.now(), accountId: null })
  })
}

/** How long a refused client may go untried: every account that uses one tries it once a day. */
const IDLE_MS = 48 * 3_600_000

/** A refused client that no account uses any more is nobody's concern: there is nothing to tell. */
export function forgetIdleClients({ store, clock }: IncidentDependencies): Promise<void> {
  const now = clock.now()
  return store.incidents.closeIdleBreakers(new Date(now.getTime() - IDLE_MS), now)
}

/** The account is connected again. Runs in the caller's transaction. */
export async function endReauthentication(
  dependencies: IncidentDependencies,
  accountId: number,
): Promise<void> {
  await close(dependencies, accountSubject(accountId))
}

/** The account is gone: there is nothing left to mend, and nothing to tell. Runs in the caller's transaction. */
export async function forgetReauthentication(
  { store, clock }: IncidentDependencies,
  accountId: number,
): Promise<void> {
  await store.incidents.close(accountSubject(accountId), clock.now())
}

async function open(dependencies: IncidentDependencies, incident: NewIncident): Promise<boolean> {
  const { store, clock } = dependencies
  const opened = await store.incidents.open(incident, clock.now())
  if (opened) await tell(dependencies, opened.id, 'opened')
  return opened !== null
}

async function close(dependencies: IncidentDependencies, subject: string): Promise<boolean> {
  const { store, clock } = dependencies
  const closed = await store.incidents.close(subject, clock.now())
  if (closed) await tell(dependencies, closed.id, 'closed')
  return closed !== null
}

async function tell(
  { store, clock, mailsNotices }: IncidentDependencies,
  incidentId: number,
  edge: NoticeEdge,
): Promise<void> {
  const now = clock.now()
  const channels: Channel[] = (await store.webhooks.ids()).map((webhookId) => ({
    channel: 'webhook',
    webhookId,
  }))
  if (mailsNotices) channels.push({ channel: 'mail', webhookId: null })
  const dueAt = new Date(now.getTime() + COLLECT_SECONDS * 1000)
  await store.deliveries.add({ incidentId, edge }, channels, { now, dueAt })
}
