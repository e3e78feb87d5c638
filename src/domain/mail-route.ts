import type { MailClass } from './mail-class.ts'

/** Where a mail is handed to: a signed webhook, a BullMQ queue of the operator's own workers, or a mail that tells of it. */
export const ROUTE_TARGETS = ['webhook', 'queue', 'mail'] as const
export type RouteTarget = (typeof ROUTE_TARGETS)[number]

/** `dead`: given up; the operator may have it tried anew. */
export const HANDOFF_STATES = ['waiting', 'handed', 'dead'] as const
export type HandoffState = (typeof HANDOFF_STATES)[number]

/** Which mail a route takes. What is empty holds for any mail. */
export type RouteConditions = {
  accountId: number | null
  class: MailClass | null
  /** Parts of From and of the subject, in whatever case. */
  sender: string
  subject: string
  /** One of Gmail's labels, by its id. */
  label: string
}

type Routed = {
  accountId: number
  class: MailClass
  from: string
  subject: string
  labelIds: readonly string[]
}

export function takes(route: RouteConditions, mail: Routed): boolean {
  return (
    (route.accountId === null || route.accountId === mail.accountId) &&
    (route.class === null || route.class === mail.class) &&
    mail.from.toLowerCase().includes(route.sender.toLowerCase()) &&
    mail.subject.toLowerCase().includes(route.subject.toLowerCase()) &&
    (route.label === '' || mail.labelIds.includes(route.label))
  )
}

/** A mail that hands another one on is not handed on by mail itself, or two mailboxes would go on for ever. */
export function goesRound(route: { target: RouteTarget }, mail: { isHandedOn: boolean }): boolean {
  return route.target === 'mail' && mail.isHandedOn
}

/** With which try that is not taken a mail is given up: after most of a day. */
export const MOST_HANDOFF_TRIES = 40
