import type { Database } from '../db/connection.ts'
import { getTableColumns, sql } from '../db/drizzle.ts'
import {
  accountCounts,
  accountDays,
  accounts,
  events,
  messages,
  placementCounts,
  tasks,
} from '../db/schema.ts'
import type { LedgerEntry } from '../sandbox/state/shapes.ts'

const { oauthToken, ...columns } = getTableColumns(accounts)
const accountColumns = { ...columns, isErased: sql<boolean>`${oauthToken} is null` }

/** All that both sides know at one moment: what the simulated Google has seen, and what the database says. */
export type Facts = Awaited<ReturnType<typeof readFacts>>
export type AccountFacts = Facts['accounts'][number]
export type MessageFacts = Facts['messages'][number]

export type Circumstances = {
  ledger: readonly LedgerEntry[]
  /** Warmup time of the reading. */
  now: Date
  /** How long a due task may wait, in milliseconds of warmup time. */
  patienceMs?: number
  /** Answers to refreshes that may have been lost, with a process or on their way. */
  mayLoseAnswers?: number
  /** Answers to refreshes that may have come so late, as warmup time runs, that their tokens were soon over. */
  lateAnswers?: number
  /** How often Gmail was made to reject a token before its time. */
  rejectedTokens?: number
}

/** Reads the whole database; nobody may be at work on it. */
export async function readFacts(db: Database, circumstances: Circumstances) {
  return {
    patienceMs: 0,
    mayLoseAnswers: 0,
    lateAnswers: 0,
    rejectedTokens: 0,
    ...circumstances,
    accounts: await db.select(accountColumns).from(accounts),
    messages: await db.select().from(messages),
    tasks: await db.select().from(tasks),
    counts: await db.select().from(accountCounts),
    days: await db.select().from(accountDays),
    placements: await db.select().from(placementCounts),
    events: await db.select().from(events),
  }
}

/** Looks rows up by their ids. */
export function byId<T extends { id: number }>(rows: readonly T[]): (id: number) => T {
  const found = new Map(rows.map((row) => [row.id, row]))
  return (id) => {
    const row = found.get(id)
    if (!row) throw new Error(`there is no row ${id}`)
    return row
  }
}

/** A mail as a person finds it. */
export function mailName({ id, subject }: Pick<MessageFacts, 'id' | 'subject'>): string {
  return `mail ${id} “${subject}”`
}
