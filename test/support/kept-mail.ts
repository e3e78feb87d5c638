import type { Database } from '../../src/db/connection.ts'
import { emailMessages } from '../../src/db/inbox-schema.ts'
import type { ClassifiedMail } from '../../src/domain/inbox.ts'

/** A mail as a round hands it over to be kept. */
export function classifiedMail(
  more: Partial<ClassifiedMail> & Pick<ClassifiedMail, 'receivedAt'>,
): ClassifiedMail {
  const head = {
    gmailId: 'a',
    threadId: 'a',
    rfcMessageId: null,
    from: '',
    recipients: [],
    subject: '',
    snippet: '',
  }
  return {
    ...head,
    labelIds: [],
    size: 1,
    body: null,
    class: 'other',
    rule: null,
    isHandedOn: false,
    ...more,
  }
}

type Kept = typeof emailMessages.$inferInsert

/** Mail of an account as a round would have kept it, in this order. Returns the ids. */
export async function keepMail(
  db: Database,
  accountId: number,
  mails: readonly Partial<Kept>[],
): Promise<number[]> {
  const [{ n = 0 } = {}] = await db.execute<{ n: number }>('select count(*)::int as n from email_messages')
  const rows = mails.map(
    (mail, i): Kept => ({
      accountId,
      gmailId: `g${n + i}`,
      threadId: `t${n + i}`,
      rfcMessageId: `<m${n + i}@elsewhere.example>`,
      sender: 'Carl <carl@elsewhere.example>',
      recipients: ['anna@sandbox.test'],
      subject: `Mail ${n + i}`,
      snippet: 'How it begins',
      labelIds: ['INBOX', 'UNREAD'],
      size: 1000,
      receivedAt: new Date('2026-03-02T05:00:00Z'),
      processedAt: new Date('2026-03-02T05:05:00Z'),
      class: 'other',
      ...mail,
    }),
  )
  const kept = await db.insert(emailMessages).values(rows).returning({ id: emailMessages.id })
  return kept.map(({ id }) => id)
}
