import type { RateRuns } from '../domain/engagement.ts'
import type { Handout } from '../domain/task.ts'
import { type Account, accountColumnsOf } from './accounts.ts'
import type { Database } from './connection.ts'
import { inSeconds } from './database-time.ts'
import { and, eq, getTableColumns, isNull, pg, sql } from './drizzle.ts'
import { type Engine, engineColumns } from './engine.ts'
import { mailboxes } from './inbox-schema.ts'
import type { Mailbox } from './mailboxes.ts'
import type { Message } from './messages.ts'
import { accountCounts, accounts, engineSettings, messages, senderDomains, tasks } from './schema.ts'
import type { Sealer } from './sealing.ts'
import { openedOrNull, type SealedToken, type StoredToken, sealedTokenOf } from './tokens.ts'

export type Task = typeof tasks.$inferSelect

/** An earlier mail of the same conversation, as far as an answer needs it. */
export type EarlierTurn = {
  turn: number
  rfcMessageId: string
  /** In the mailbox of who received it. */
  recipientThreadId: string | null
  /** Milliseconds since 1970. */
  sentAt: number | null
}

/** What it rests on whether an account may send now; a send is begun only while all of it still holds. */
export type SendingFacts = {
  /** Counts the sends that the account has ever begun. */
  begun: number
  /** When it began to, latest first, as far as a day's limit can see: milliseconds since 1970. */
  lately: number[]
  /** The account's settings that have a say, in a shape that only the database reads. */
  settings: string
  /** The sender's domain lacks records that its mail is to wait for. */
  domainFails: boolean
}

/** A task that has begun, with all that its run reads of the database, from one statement. `notify` alone has no account. */
export type StartedTask = {
  task: Task
  account: Account | null
  /** As it was read with the task; null where it does not open. */
  token: StoredToken | null
  message: Message | null
  /** Of a message, the account at its other end. */
  partner: Account | null
  /** The settings that hold for all of them. */
  engine: Engine
  /** How the account's rates were kept so far. */
  runs: RateRuns
  /** Of a reply, the mails before it, oldest first. */
  earlier: EarlierTurn[]
  /** Of a task that sends. */
  sending: SendingFacts | null
  /** Of a `sync`. */
  mailbox: Mailbox | null
}

/** A zone's day and the one of a zone that was left begin at most so long ago. */
const COUNTED_MS = 52 * 3_600_000

/** Of the account that a statement calls `a`. */
export const sendingSettings = sql.raw(
  'row(a.status, a.kind, a.daily_limit, a.min_pause_minutes, a.time_zone, a.zone_before, a.zone_changed_at, a.send_days, a.send_hours, a.holidays, a.rests_until)::text',
)

// The types of an alias differ from its table's in nothing but the name.
const a = pg.alias(accounts, 'a') as unknown as typeof accounts
const p = pg.alias(accounts, 'p') as unknown as typeof accounts

/** Begins one task; null where its job is void: finished, handed out anew, or begun elsewhere. */
export type StartTask = (
  handout: Handout,
  owner: string,
  times: { now: Date; leaseSeconds: number },
) => Promise<StartedTask | null>

/** Tasks whose jobs arrive together are begun together, in one statement. */
export function createTaskStarter(db: Database, sealer: Sealer): StartTask {
  let statement: ReturnType<typeof prepareStart> | undefined
  let waiting: Waiting[] = []

  return (handout, owner, times) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(startWaiting)
      waiting.push({ handout, owner, ...times, resolve, reject })
    })

  async function startWaiting() {
    const gathered = waiting
    waiting = []
    try {
      statement ??= prepareStart(db)
      const rows = await statement.execute({
        ids: gathered.map(({ handout }) => handout.taskId),
        handouts: gathered.map(({ handout }) => handout.handout),
        owners: gathered.map(({ owner }) => owner),
        leases: gathered.map(({ leaseSeconds }) => leaseSeconds),
        since: gathered.map(({ now }) => new Date(now.getTime() - COUNTED_MS).toISOString()),
      })
      const byOwner = new Map(rows.map((row) => [row.task.startedBy, row]))
      for (const { owner, resolve } of gathered) {
        const row = byOwner.get(owner)
        resolve(row ? startedTask(row as Row, sealer) : null)
      }
    } catch (error) {
      for (const { reject } of gathered) reject(error)
    }
  }
}

type Waiting = {
  handout: Handout
  owner: string
  leaseSeconds: number
  now: Date
  resolve(started: StartedTask | null): void
  reject(error: unknown): void
}
type Row = Omit<StartedTask, 'token' | 'sending'> & {
  token: SealedToken | null
  begun: number | null
  lately: number[] | null
  settings: string
  domainFails: boolean | null
}

function startedTask(
  { token, begun, lately, settings, domainFails, ...row }: Row,
  sealer: Sealer,
): StartedTask {
  return {
    ...row,
    runs: row.runs ?? {},
    earlier: row.earlier ?? [],
    token: token && row.account && openedOrNull(sealer, { ...row.account, ...token }),
    sending: lately && { begun: begun ?? 0, lately, settings, domainFails: domainFails ?? false },
  }
}

function prepareStart(db: Database) {
  const started = db.$with('started').as(
    db
      .update(tasks)
      .set({ startedBy: sql`wanted.owner`, leaseUntil: inSeconds(sql`wanted.lease`) })
      .from(
        sql`unnest(${sql.placeholder('ids')}::bigint[], ${sql.placeholder('handouts')}::int[], ${sql.placeholder('owners')}::text[], ${sql.placeholder('leases')}::int[], ${sql.placeholder('since')}::text[]) as wanted(id, handout, owner, lease, since)`,
      )
      .where(
        and(
          eq(tasks.id, sql`wanted.id`),
          eq(tasks.handout, sql`wanted.handout`),
          isNull(tasks.startedBy),
          // A job that comes too late might run beside another task of its account.
          sql`${tasks.leaseUntil} >= clock_timestamp()`,
        ),
      )
      .returning({ ...getTableColumns(tasks), since: sql`wanted.since::timestamptz`.as('since') }),
  )
  const { since: _, ...task } = started._.selectedFields
  const sends = sql`${started.kind} in ('send', 'reply')`
  const lately = sql`(select coalesce(json_agg(extract(epoch from m.send_started_at) * 1000 order by m.send_started_at desc), '[]')
    from messages m where m.sender_id = ${a.id} and m.id <> ${messages.id}
      and m.send_started_at > ${started.since})`
  const earlier = sql`(select json_agg(json_build_object('turn', m.turn, 'rfcMessageId', m.rfc_message_id,
      'recipientThreadId', m.recipient_thread_id, 'sentAt', extract(epoch from m.sent_at) * 1000) order by m.turn)
    from messages m where m.conversation_id = ${messages.conversationId} and m.turn < ${messages.turn})`
  return db
    .with(started)
    .select({
      task,
      account: accountColumnsOf(a),
      token: sealedTokenOf(a),
      message: getTableColumns(messages),
      partner: accountColumnsOf(p),
      engine: engineColumns,
      runs: accountCounts.rateRuns,
      begun: accountCounts.begun,
      lately: sql<number[] | null>`case when ${sends} then ${lately} end`,
      earlier: sql<EarlierTurn[] | null>`case when ${started.kind} = 'reply' then ${earlier} end`,
      settings: sql<string>`${sendingSettings}`,
      domainFails: senderDomains.fails,
      mailbox: getTableColumns(mailboxes),
    })
    .from(started)
    .innerJoin(engineSettings, sql`true`)
    .leftJoin(a, eq(a.id, started.accountId))
    .leftJoin(accountCounts, eq(accountCounts.accountId, started.accountId))
    .leftJoin(messages, eq(messages.id, started.messageId))
    .leftJoin(
      p,
      sql`${p.id} = case when ${messages.senderId} = ${started.accountId} then ${messages.recipientId} else ${messages.senderId} end`,
    )
    .leftJoin(senderDomains, sql`${senderDomains.domain} = lower(substring(${a.email} from '@([^@]*)$'))`)
    .leftJoin(mailboxes, and(eq(mailboxes.accountId, started.accountId), eq(started.kind, 'sync')))
    .prepare('start_tasks')
}
