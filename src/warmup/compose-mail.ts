import type { Account } from '../db/accounts.ts'
import { renderTurn } from '../domain/conversation.ts'
import { firstNameOf } from '../domain/first-name.ts'
import type { Mail } from '../google/mime.ts'
import type { MessageRun, Warmup } from './dependencies.ts'

/**
 * Writes a message out of its text, its seed and the two names. A reply names the earlier messages of its
 * conversation and goes into the thread that they form in its sender's mailbox.
 */
export function composeMail(
  { texts, clock }: Warmup,
  { account: sender, partner: recipient, message, earlier }: MessageRun,
): { mail: Mail; threadId: string | null } {
  const text = texts.find(({ key }) => key === message.textKey)
  if (!text) throw new Error(`the conversation text "${message.textKey}" is gone`)
  const names = { sender: calledName(sender), recipient: calledName(recipient) }
  const words = renderTurn(text, { turn: message.turn, seed: message.textSeed, ...names })
  const mail: Mail = {
    from: { name: sender.displayName || (names.sender ?? ''), address: sender.email },
    to: { name: recipient.displayName || (names.recipient ?? ''), address: recipient.email },
    subject: message.subject,
    text: sender.signature === '' ? words : `${words}\n\n${sender.signature}`,
    messageId: message.rfcMessageId,
    references: earlier.map(({ rfcMessageId }) => rfcMessageId),
    date: clock.now(),
  }
  return { mail, threadId: earlier.at(-1)?.recipientThreadId ?? null }
}

/** What one is called in a friendly mail: the first of the names that are shown, or what the address tells. */
function calledName({ displayName, email }: Account): string | null {
  return displayName === '' ? firstNameOf(email) : (displayName.split(' ')[0] ?? null)
}
