import { z } from 'zod'
import type { KeptMail } from '../../db/mail-reports.ts'
import { MAIL_CLASSES } from '../../domain/mail-class.ts'
import { time } from './account-shape.ts'

const head = {
  id: z.int().meta({ description: 'Rises with each mail of an account.', examples: [4711] }),
  gmail_id: z.string().meta({ description: 'Of the message in Gmail.', examples: ['18c2f0a9d1e4b7f3'] }),
  thread_id: z.string().meta({ description: 'Of its thread in Gmail.', examples: ['18c2f0a9d1e4b7f3'] }),
  rfc_message_id: z
    .string()
    .nullable()
    .meta({
      description: 'Its Message-ID, with angle brackets; null where it bears none.',
      examples: ['<a1@example.com>'],
    }),
  from: z.string().meta({ description: 'As it stands.', examples: ['Carl <carl@example.com>'] }),
  recipients: z
    .array(z.string())
    .meta({ description: 'To and Cc, as they stand.', examples: [['anna@example.com']] }),
  subject: z.string().meta({ description: 'As it stands.', examples: ['Your invoice'] }),
  snippet: z
    .string()
    .meta({ description: 'How its text begins, as Gmail shows it.', examples: ['Hello Anna'] }),
  label_ids: z.array(z.string()).meta({
    description: 'Gmail’s labels when it was fetched, by their ids.',
    examples: [['INBOX', 'UNREAD']],
  }),
  size: z.int().meta({ description: 'Bytes, as Gmail estimates them.', examples: [5120] }),
  received_at: time.meta({ description: 'When Gmail received it.' }),
  processed_at: time.meta({ description: 'When it was fetched.' }),
  class: z.enum(MAIL_CLASSES).meta({ description: 'What it is.', examples: ['reply'] }),
  rule: z
    .string()
    .nullable()
    .meta({
      description: 'The name of the rule that says so; null where none did.',
      examples: ['an answer'],
    }),
}

export const messageShape = z
  .object(head)
  .meta({ id: 'Message', description: 'A mail that came into a mailbox: what its head says.' })

export const messageWithTextShape = z
  .object({
    ...head,
    text: z
      .string()
      .nullable()
      .meta({
        description:
          'At most 100,000 characters. Null where texts of the account are not kept, or where it does not open: a key of TOKEN_ENCRYPTION_KEYS is lost.',
        examples: ['Hello Anna, …'],
      }),
  })
  .meta({ id: 'MessageWithText', description: 'A mail that came into a mailbox, with its text.' })

export function messageAnswer(mail: KeptMail): z.input<typeof messageShape> {
  return {
    id: mail.id,
    gmail_id: mail.gmailId,
    thread_id: mail.threadId,
    rfc_message_id: mail.rfcMessageId,
    from: mail.sender,
    recipients: mail.recipients,
    subject: mail.subject,
    snippet: mail.snippet,
    label_ids: mail.labelIds,
    size: mail.size,
    received_at: mail.receivedAt.toISOString(),
    processed_at: mail.processedAt.toISOString(),
    class: mail.class,
    rule: mail.rule,
  }
}
