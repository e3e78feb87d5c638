import { z } from 'zod'
import type { HandedMail } from '../domain/handed-mail.ts'
import { MAIL_CLASSES } from '../domain/mail-class.ts'

const time = z.iso.datetime({ offset: true })

/** The shape of what is handed on, for who takes it. */
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
  .describe('A mail that came into an account’s mailbox: what its head says.') satisfies z.ZodType<HandedMail>

/** For who takes it: fields that are not named there may be added. */
export function handedMailSchema(): object {
  return { title: 'A mail that is handed on', ...z.toJSONSchema(HANDED_MAIL, { io: 'input' }) }
}
