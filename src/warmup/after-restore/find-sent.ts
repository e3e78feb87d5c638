import type { Account } from '../../db/accounts.ts'
import type { Message } from '../../db/messages.ts'
import type { SentMail } from '../../google/gmail.ts'
import type { AskGmail } from '../mailboxes.ts'

const DAY_MS = 86_400_000
/** As we write them: a UUID at the sender's domain. */
const OURS = /^<[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}@/

/**
 * Looks in its sender's mailbox for a mail that the backup takes for unsent: by its Message-ID, and where Gmail may have put
 * in another, by its recipient and subject. `unsure` where such a mail is there and bears no sign of which it is.
 */
export async function findSent(
  ask: AskGmail,
  message: Message,
  recipient: Account,
): Promise<SentMail | 'unsure' | null> {
  const { rfcMessageId, subject, plannedFor } = message
  const [copy] = await ask((mailbox) =>
    mailbox.searchSent(`rfc822msgid:${rfcMessageId.replace(/^<|>$/g, '')}`),
  )
  if (copy) return copy
  const since = Math.floor((plannedFor.getTime() - DAY_MS) / 1000)
  const words = subject.replaceAll('"', ' ')
  const alike = await ask((mailbox) =>
    mailbox.searchSent(`to:${recipient.email} subject:"${words}" after:${since}`),
  )
  const same = alike.find(({ originalMessageId }) => originalMessageId === rfcMessageId)
  if (same) return same
  // What bears another Message-ID of ours is another mail of ours.
  const isUnsure = alike.some((mail) => mail.originalMessageId === null && !OURS.test(mail.rfcMessageId))
  return isUnsure ? 'unsure' : null
}

/** The answer that a recipient has given to a mail, read off the mail's thread in its mailbox. */
export async function findAnswer(ask: AskGmail, answered: Message): Promise<SentMail | null> {
  const mail = await ask((mailbox) => mailbox.find(answered.rfcMessageId))
  if (!mail) return null
  for (const { messageId } of await ask((mailbox) => mailbox.sentInThread(mail.threadId))) {
    const sent = await ask((mailbox) => mailbox.sentMail(messageId))
    if (sent.inReplyTo === answered.rfcMessageId) return sent
  }
  return null
}
