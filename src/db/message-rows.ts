import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Database } from './connection.ts'
import { eq, pg } from './drizzle.ts'
import { accounts, messages } from './schema.ts'

export const sender = pg.alias(accounts, 'sender')
export const recipient = pg.alias(accounts, 'recipient')
export const parties = {
  sender: { id: sender.id, email: sender.email },
  recipient: { id: recipient.id, email: recipient.email },
}

const messageColumns = {
  id: messages.id,
  conversationId: messages.conversationId,
  turn: messages.turn,
  subject: messages.subject,
  state: messages.state,
  failure: messages.failure,
  openFailure: messages.openFailure,
  plannedFor: messages.plannedFor,
  rfcMessageId: messages.rfcMessageId,
  sendStartedAt: messages.sendStartedAt,
  sentAt: messages.sentAt,
  placement: messages.placement,
  placedAt: messages.placedAt,
  labelsSeen: messages.labelsSeen,
  bounceStatus: messages.bounceStatus,
  bounceWords: messages.bounceWords,
  opens: messages.opens,
  openedAt: messages.openedAt,
  rescuedAt: messages.rescuedAt,
}

/** Why a mail is as it is. */
export const reasonColumns = {
  textSeed: messages.textSeed,
  planFacts: messages.planFacts,
  decisions: messages.decisions,
  handledAt: messages.handledAt,
}

/** Messages with both their parties, as the pages read them. */
export function selectMessages<More extends Record<string, PgColumn> = Record<never, never>>(
  db: Database,
  more: More = {} as More,
) {
  return db
    .select({ ...messageColumns, ...more, ...parties })
    .from(messages)
    .innerJoin(sender, eq(sender.id, messages.senderId))
    .innerJoin(recipient, eq(recipient.id, messages.recipientId))
    .$dynamic()
}
