import { headerIn, headersIn } from '../mail/headers.ts'
import { rfcMessageIdOf, subjectOf } from '../mail/reading.ts'
import type { Mailbox, Message } from '../state/shapes.ts'

export type Conversation = { references: string[]; subject: string }

export function conversationOf(raw: string): Conversation {
  const headers = headersIn(raw)
  const fields = `${headerIn(headers, 'References') ?? ''} ${headerIn(headers, 'In-Reply-To') ?? ''}`
  return { references: fields.match(/<[^<>\s]+>/g) ?? [], subject: headerIn(headers, 'Subject') ?? '' }
}

/**
 * The sender's side: the thread it names, if the mail answers one of its messages under the same subject;
 * otherwise a thread of its own. https://developers.google.com/workspace/gmail/api/guides/threads
 */
export function namedThread(mailbox: Mailbox, threadId: string, mail: Conversation): string | undefined {
  const messages = mailbox.threads.get(threadId) ?? []
  return messages.some((message) => isAnswer(mail, message)) ? threadId : undefined
}

/** The recipient's side: the thread of any message it has that the mail refers to under the same subject. */
export function knownThread(mailbox: Mailbox, mail: Conversation): string | undefined {
  for (const reference of mail.references.toReversed()) {
    for (const message of mailbox.byRfcMessageId.get(reference) ?? []) {
      if (isAnswer(mail, message)) return message.threadId
    }
  }
  return undefined
}

const isAnswer = (mail: Conversation, earlier: Message) =>
  mail.references.includes(rfcMessageIdOf(earlier)) && bare(mail.subject) === bare(subjectOf(earlier))

const bare = (subject: string) =>
  subject
    .replace(/^(\s*(re|aw|sv|fwd?)\s*(\[\d+\])?\s*:)+/i, '')
    .replace(/\s+/g, ' ')
    .trim()
    .toLowerCase()
