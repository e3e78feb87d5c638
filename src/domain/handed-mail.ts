import { z } from 'zod'
import { MAIL_CLASSES } from './mail-class.ts'

const time = z.iso.datetime({ offset: true })

/** What is handed on of a mail: to a webhook as the body, to a queue as the data of a job, to a mail as a text. */
export const HANDED_MAIL = z
  .object({
    type: z.literal('email.received'),
    id: z
      .string()
      .describe(
        'Of this mail for this route, however often it is handed on: what a receiver knows a repetition by.',
      ),
    route: z.string().describe('The name of the route that took it.'),
    account: z.object({ id: z.int(), email: z.string() }),
    message: z.object({
      id: z.int().describe('Rises with each mail of an account.'),
      gmailId: z.string(),
      threadId: z.string(),
      rfcMessageId: z.string().nullable().describe('With angle brackets.'),
      from: z.string(),
      recipients: z.array(z.string()).describe('To and Cc, as they stand.'),
      subject: z.string(),
      snippet: z.string(),
      labelIds: z.array(z.string()),
      size: z.int().describe('Bytes.'),
      receivedAt: time,
      processedAt: time,
      class: z.enum(MAIL_CLASSES),
      rule: z.string().nullable().describe('The name of the rule that says so; null where none did.'),
    }),
  })
  .describe('A mail that came into an account’s mailbox: what its head says.')

/** For who takes it: fields that are not named there may be added. */
export function handedMailSchema(): object {
  return { title: 'A mail that is handed on', ...z.toJSONSchema(HANDED_MAIL, { io: 'input' }) }
}

/** The header of a mail that hands another one on: its `id`. */
export const HANDED_ON_BY = 'X-Kindling-Handoff'

export type HandedMail = z.infer<typeof HANDED_MAIL>

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
    id: `handoff-${createdAt.toString(36)}-${handoffId}`,
    route,
    account,
    message: {
      ...mail,
      class: mail.class as HandedMail['message']['class'],
      from: sender,
      receivedAt: new Date(receivedAt).toISOString(),
      processedAt: new Date(processedAt).toISOString(),
    },
  }
}
