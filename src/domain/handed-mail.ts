import type { MailClass } from './mail-class.ts'

/** What is handed on of a mail: to a webhook as the body, to a queue as the data of a job, to a mail as a text. */
export type HandedMail = {
  type: 'email.received'
  /** Of this mail for this route, however often it is handed on. */
  id: string
  route: string
  account: { id: number; email: string }
  message: {
    id: number
    gmailId: string
    threadId: string
    rfcMessageId: string | null
    from: string
    recipients: string[]
    subject: string
    snippet: string
    labelIds: string[]
    size: number
    receivedAt: string
    processedAt: string
    class: MailClass
    rule: string | null
  }
}

/** How each `id` begins. */
export const HANDOFF = 'handoff-'
/** The header of a mail that hands another one on: its `id`. */
export const HANDED_ON_BY = 'X-Kindling-Handoff'

/** Times are milliseconds since 1970. */
type Kept = Omit<HandedMail['message'], 'from' | 'receivedAt' | 'processedAt' | 'class'> & {
  sender: string
  receivedAt: number
  processedAt: number
  class: string
}
type Handoff = { handoffId: number; createdAt: number }

export function handedMail(
  { handoffId, createdAt }: Handoff,
  account: { id: number; email: string },
  route: string,
  { sender, receivedAt, processedAt, ...mail }: Kept,
): HandedMail {
  return {
    type: 'email.received',
    // Two installations may tell one receiver, and one that was restored from a backup counts on from there.
    id: `${HANDOFF}${createdAt.toString(36)}-${handoffId}`,
    route,
    account,
    message: {
      ...mail,
      class: mail.class as MailClass,
      from: sender,
      receivedAt: new Date(receivedAt).toISOString(),
      processedAt: new Date(processedAt).toISOString(),
    },
  }
}
