import type { TokenFailure } from './token-failure.ts'

/**
 * `needs_reauth`: an account must be connected again. `app_refused`: Google refuses the OAuth client. `google_down`: Google
 * fails for many accounts at once.
 */
export const INCIDENT_KINDS = ['needs_reauth', 'app_refused', 'google_down'] as const
export type IncidentKind = (typeof INCIDENT_KINDS)[number]

export type NewIncident = {
  failure: TokenFailure
  /** What Google said. */
  words: string
} & (
  | { kind: 'needs_reauth'; accountId: number }
  | { kind: 'app_refused'; clientKey: string }
  | { kind: 'google_down' }
)

/** An incident is told when it opens and when it is over. */
export const NOTICE_EDGES = ['opened', 'closed'] as const
export type NoticeEdge = (typeof NOTICE_EDGES)[number]

export const NOTICE_CHANNELS = ['webhook', 'mail'] as const

/** A delivery collects notices until it is begun; from then on what it says is fixed. */
export const DELIVERY_STATES = ['collecting', 'sending', 'delivered', 'failed'] as const
export type DeliveryState = (typeof DELIVERY_STATES)[number]

/** How long a delivery waits for more of the same: a dead domain is one message, not a thousand. */
export const COLLECT_SECONDS = 30

/** What an incident is about, as one word: it can be open once. */
export const accountSubject = (accountId: number) => `account:${accountId}`
export const clientSubject = (clientKey: string) => `client:${clientKey}`
export const GOOGLE_SUBJECT = 'google'

export function subjectOf(incident: NewIncident): string {
  if (incident.kind === 'needs_reauth') return accountSubject(incident.accountId)
  return incident.kind === 'app_refused' ? clientSubject(incident.clientKey) : GOOGLE_SUBJECT
}

/** Tells the secrets of one OAuth client apart where accounts bring their own: one of them may be out of date. */
export const clientKey = (clientId: string, secretHash: string | null) =>
  secretHash === null ? clientId : `${clientId}#${secretHash}`

/** The OAuth client that an incident is about; null where it is about an account. */
export function clientIdOf(subject: string): string | null {
  return subject.match(/^client:([^#]*)/)?.[1] ?? null
}
