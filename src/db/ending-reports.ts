import type { TaskKind } from '../domain/task.ts'
import type { Database } from './connection.ts'
import { and, desc, eq, inArray, isNotNull, lt, sql } from './drizzle.ts'
import { selectMessages, sender } from './message-rows.ts'
import { accounts, messages, tasks } from './schema.ts'

export type UnknownRow = Awaited<ReturnType<ReturnType<typeof createEndingReports>['unknownSends']>>[number]
export type TroubledRow = Awaited<ReturnType<ReturnType<typeof createEndingReports>['troubledTasks']>>[number]
/** Mail that could not be sent, mail whose recipient's task was given up, or both. */
export type FailedFilter = { what: 'send' | 'open' | null; text: string }
/** `before`: the id that the page before ended with. */
type Part = { limit: number; before: number | null }

/** How many of the newest failed mails are counted, and searched for an address. */
const NEWEST = 1000

// Literals, not parameters: only then a partial index can serve a prepared statement.
const isUnknown = sql`${messages.state} = 'unknown'`
const hasFailed = sql`(${messages.state} = 'failed' or ${messages.openFailure} is not null)`

/** What the pages read of mail and tasks that ended badly. */
export function createEndingReports(db: Database) {
  return {
    /** Mails of which nobody can say whether they were sent, the newest first; with the look for it that is to come. */
    unknownSends({ limit, before }: Part) {
      return selectUnknown()
        .where(and(isUnknown, before === null ? undefined : lt(messages.id, before)))
        .orderBy(desc(messages.id))
        .limit(limit)
    },

    /** Of these, those that are unknown. */
    unknownAmong(ids: readonly number[]) {
      return selectUnknown().where(and(isUnknown, inArray(messages.id, [...ids])))
    },

    failedMessages({ what, text }: FailedFilter, { limit, before }: Part) {
      const newest = sql`${messages.id} in (select id from messages
        where (state = 'failed' or open_failure is not null) order by id desc limit ${NEWEST})`
      const isWanted = {
        send: sql`${messages.state} = 'failed'`,
        open: isNotNull(messages.openFailure),
      }
      return selectMessages(db)
        .where(
          and(
            hasFailed,
            before === null ? undefined : lt(messages.id, before),
            what === null ? undefined : isWanted[what],
            text === '' ? undefined : and(newest, isPartyTo(text)),
          ),
        )
        .orderBy(desc(messages.id))
        .limit(limit)
    },

    /** Tasks whose last try ended in an error, those with most tries first. */
    troubledTasks(limit: number, kinds: readonly TaskKind[]) {
      return db
        .select({
          id: tasks.id,
          kind: tasks.kind,
          messageId: tasks.messageId,
          errors: tasks.errors,
          dueAt: tasks.dueAt,
          waitingFor: tasks.waitingFor,
          account: { id: accounts.id, email: accounts.email, status: accounts.status },
        })
        .from(tasks)
        .innerJoin(accounts, eq(accounts.id, tasks.accountId))
        .where(and(sql`${tasks.errors} > 0`, inArray(tasks.kind, [...kinds])))
        .orderBy(desc(tasks.errors))
        .limit(limit)
    },
  }

  function selectUnknown() {
    return selectMessages(db, {
      lookedAt: messages.lookedAt,
      lookSaw: messages.lookSaw,
      lookFailure: messages.lookFailure,
      resendWishedAt: messages.resendWishedAt,
      senderStatus: sender.status,
      lookDueAt: tasks.dueAt,
      lookWaitsFor: tasks.waitingFor,
    }).leftJoin(tasks, and(eq(tasks.messageId, messages.id), eq(tasks.kind, 'settle')))
  }
}

function isPartyTo(text: string) {
  return sql`(position(lower(${text}) in lower(sender.email)) > 0 or position(lower(${text}) in lower(recipient.email)) > 0)`
}

const WEEK_MS = 7 * 24 * 3_600_000

/** A subquery: how many mails failed that were to be sent within the last week. */
export function failedSince(now: Date) {
  return sql`(select count(*)::int from (
    select planned_for from messages where state = 'failed' or open_failure is not null order by id desc limit ${NEWEST}
  ) newest where planned_for > ${new Date(now.getTime() - WEEK_MS).toISOString()})`
}
