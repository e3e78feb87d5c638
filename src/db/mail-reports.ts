import type { SQL } from 'drizzle-orm'
import type { MailClass } from '../domain/mail-class.ts'
import type { Database } from './connection.ts'
import { instant } from './database-time.ts'
import { and, asc, desc, eq, getTableColumns, gt, lt, sql } from './drizzle.ts'
import { createHandoffReports } from './handoff-reports.ts'
import { emailBodies, emailMessages, mailboxes } from './inbox-schema.ts'
import { only } from './only.ts'
import { tasks } from './schema.ts'
import { emailContext, SealError, type Sealer } from './sealing.ts'

export type KeptMail = typeof emailMessages.$inferSelect
export type MailFilter = { class: MailClass | null; text: string }
/** `lookedTo`: the last mail that a search has looked at; what lies beyond is for the next one. Null: there is nothing. */
type Found = { mails: KeptMail[]; lookedTo: number | null }
/** `before`: the id that the page before ended with. */
type Part = { limit: number; before: number | null }
export type Fetching = NonNullable<Awaited<ReturnType<MailReports['fetching']>>>
type MailReports = ReturnType<typeof createMailReports>

/** What is not in an index is searched for in so many mails at once, however long the history is. */
export const MOST_SEARCHED = 10_000

/** What the pages and the API read of mail that came in, and of whom it is handed to. */
export function createMailReports(db: Database, sealer: Sealer) {
  return {
    ...createHandoffReports(db),

    /** An account's mail, the newest first. */
    async newest(accountId: number, filter: MailFilter, { limit, before }: Part): Promise<Found> {
      const beyond = before === null ? undefined : lt(emailMessages.id, before)
      const where = and(isOf(accountId, filter), beyond)
      const lookedTo = filter.text === '' ? null : await reachOf(where, inOrder(desc, filter))
      const within = lookedTo === null ? undefined : sql`${emailMessages.id} >= ${lookedTo}`
      return {
        mails: await select(and(where, within, holds(filter)), inOrder(desc, filter), limit),
        lookedTo,
      }
    },

    /** An account's mail in the order in which it was fetched, after one of them. */
    async following(
      accountId: number,
      filter: MailFilter & { since: Date | null },
      { limit, after }: { limit: number; after: number | null },
    ): Promise<Found> {
      const { text, since } = filter
      const where = and(isOf(accountId, filter), after === null ? undefined : gt(emailMessages.id, after))
      const isSearched = text !== '' || since !== null
      const lookedTo = isSearched ? await reachOf(where, inOrder(asc, filter)) : null
      const within = lookedTo === null ? undefined : sql`${emailMessages.id} <= ${lookedTo}`
      const isSince = since === null ? undefined : sql`${emailMessages.receivedAt} >= ${instant(since)}`
      const matching = and(where, within, holds(filter), isSince)
      return { mails: await select(matching, inOrder(asc, filter), limit), lookedTo }
    },

    /** One mail of an account with its text, which is null where it is not kept or does not open. */
    async message(accountId: number, id: number): Promise<(KeptMail & { text: string | null }) | null> {
      const [row] = await db
        .select({ ...getTableColumns(emailMessages), key: emailBodies.key, sealed: emailBodies.sealed })
        .from(emailMessages)
        .leftJoin(emailBodies, eq(emailBodies.emailMessageId, emailMessages.id))
        .where(and(eq(emailMessages.accountId, accountId), eq(emailMessages.id, id)))
      if (!row) return null
      const { key, sealed, ...mail } = row
      return { ...mail, text: key === null || sealed === null ? null : opened(key, sealed) }
    },

    /** How an account's mail is fetched, how far that has come, and the round that is next. */
    async fetching(accountId: number) {
      const [row] = await db
        .select({
          ...getTableColumns(mailboxes),
          next: { dueAt: tasks.dueAt, errors: tasks.errors, waitingFor: tasks.waitingFor },
        })
        .from(mailboxes)
        .leftJoin(tasks, and(eq(tasks.accountId, mailboxes.accountId), eq(tasks.kind, 'sync')))
        .where(eq(mailboxes.accountId, accountId))
      return row ?? null
    },
  }

  function select(where: SQL | undefined, order: SQL[], limit: number): Promise<KeptMail[]> {
    return db
      .select()
      .from(emailMessages)
      .where(where)
      .orderBy(...order)
      .limit(limit)
  }

  async function reachOf(where: SQL | undefined, order: SQL[]): Promise<number | null> {
    const [row] = await db
      .select({ id: emailMessages.id })
      .from(emailMessages)
      .where(where)
      .orderBy(...order)
      .offset(MOST_SEARCHED - 1)
      .limit(1)
    return row?.id ?? null
  }

  function opened(key: string, sealed: string): string | null {
    try {
      return sealer.open(sealed, emailContext(key))
    } catch (error) {
      if (error instanceof SealError) return null
      throw error
    }
  }
}

function isOf(accountId: number, filter: MailFilter): SQL | undefined {
  const isOfClass = filter.class === null ? undefined : only(emailMessages.class, filter.class)
  return and(only(emailMessages.accountId, accountId), isOfClass)
}

/** By id: what stands before it is the same for all, and names the index. */
function inOrder(direction: typeof asc, filter: MailFilter): SQL[] {
  const { accountId, class: kind, id } = emailMessages
  const columns = filter.class === null ? [accountId, id] : [accountId, kind, id]
  return columns.map((column) => direction(column))
}

function holds({ text }: MailFilter): SQL | undefined {
  if (text === '') return undefined
  const { sender, subject } = emailMessages
  return sql`(position(lower(${text}) in lower(${sender})) > 0 or position(lower(${text}) in lower(${subject})) > 0)`
}
