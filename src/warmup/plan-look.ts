import type { Message } from '../db/messages.ts'
import type { Store } from '../db/store.ts'
import { nextLookForSend } from '../domain/unknown-send.ts'

/** Has a mail looked for that has just become unknown. */
export async function planLook(tx: Store, message: Message, now: Date): Promise<void> {
  const startedAt = message.sendStartedAt ?? now
  const dueAt = nextLookForSend(startedAt, now) ?? now
  await tx.tasks.hasten([{ kind: 'settle', accountId: message.senderId, messageId: message.id, dueAt }])
}

/** It can't be looked, for good: the mail stays unknown, and says why. */
export async function giveUpLook(tx: Store, messageId: number, reason: string, now: Date): Promise<void> {
  await tx.messageEndings.recordLook(messageId, { saw: 'error', failure: reason, now })
  await tx.messageEndings.wishResend(messageId, null)
}
